import { goldenDifferences, type TransformFile } from '../../packages/transforms/tests/golden-cases.ts';
import type { Check } from './check.ts';

export type { TransformFile };

/** Every transform of the golden file: no value may differ. */
export const checkTransforms = (file: TransformFile): Check[] =>
  goldenDifferences(file).map(({ name, difference }) => ({ name, error: difference, tolerance: 0 }));

export const isTransformFile = (golden: object): golden is TransformFile => 'image' in golden;
