import type { Dataset } from '@zoo/datasets';
import { concatFeatures } from '@zoo/ensemble';
import type { Measurement } from '../net/measure.ts';
import type { BackboneFeatures } from './extract-study.ts';
import { type FittedHead, fitHead } from './fit-head.ts';
import { holdOut } from './gather-data.ts';
import type { PlannedMember, StudyPlan } from './plan.ts';
import { logitsOf, measureScores, type Scores, softmaxOf } from './scores.ts';

/** One thing for each part of the data. */
export interface Parts<T> {
  train: T;
  validation: T;
  test: T;
}

/** A head that was fitted on the features of its backbone, with what it says of the validation and test examples. */
export interface FittedMember extends FittedHead {
  planned: PlannedMember;
  width: number;
  logits: Pick<Parts<Scores>, 'validation' | 'test'>;
  validation: Measurement;
  test: Measurement;
}

type Part = 'train' | 'validation' | 'test';
type Rows = (features: BackboneFeatures, part: Part) => Dataset | undefined;

/** Training, validation and test rows; without validation features of its own, a share of the training rows serves. */
function partsOf(features: BackboneFeatures, rows: Rows, { data, seed }: StudyPlan): Parts<Dataset> {
  const [train, test] = [rows(features, 'train')!, rows(features, 'test')!];
  if (!('fraction' in data.validation)) return { train, validation: rows(features, 'validation')!, test };
  const [rest, validation] = holdOut(train, { fraction: data.validation.fraction, seed });
  return { train: rest, validation, test };
}

/** Rows of one backbone. */
export const rowsOf = (features: BackboneFeatures, plan: StudyPlan): Parts<Dataset> =>
  partsOf(features, (of, part) => of[part]?.dataset(), plan);

/** Rows of all backbones side by side, of the same examples in the same order; with the width of each. */
export function joinedRows(
  features: ReadonlyMap<string, BackboneFeatures>,
  plan: StudyPlan,
): { parts: Parts<Dataset>; widths: Readonly<Record<string, number>> } {
  const [first] = features.values();
  const join = (part: Part) => {
    const sets = [...features].flatMap(([name, of]) => (of[part] ? [[name, of[part]] as const] : []));
    return sets.length > 0 ? concatFeatures(Object.fromEntries(sets)) : undefined;
  };
  return { parts: partsOf(first!, (_, part) => join(part), plan), widths: join('train')!.widths };
}

export interface FitMemberOptions {
  plan: StudyPlan;
  classNames: readonly string[];
  signal?: AbortSignal | undefined;
}

/** Fits one head and measures it; the caller disposes the head. */
export async function fitMember(
  planned: PlannedMember,
  parts: Parts<Dataset>,
  { plan, classNames, signal }: FitMemberOptions,
): Promise<FittedMember> {
  const fitted = await fitHead(planned.head, parts.train, {
    validation: parts.validation,
    numClasses: classNames.length,
    seed: plan.seed,
    signal,
  });
  try {
    const measured = async (part: Dataset): Promise<{ logits: Scores; measurement: Measurement }> => {
      const logits = await logitsOf(fitted.head, part, { signal });
      return { logits, measurement: measureScores(softmaxOf(logits), { labels: part.labels!, classNames }) };
    };
    const [validation, test] = [await measured(parts.validation), await measured(parts.test)];
    return {
      ...fitted,
      planned,
      width: parts.train.inputShape[0]!,
      logits: { validation: validation.logits, test: test.logits },
      validation: validation.measurement,
      test: test.measurement,
    };
  } catch (error) {
    fitted.head.dispose();
    throw error;
  }
}

/** The one with the best validation accuracy; the lower loss, then the earlier one decides between equals. */
export function bestOf<T extends { validation: Measurement }>(candidates: readonly T[]): T {
  return candidates.reduce((best, other) => {
    const [a, b] = [best.validation, other.validation];
    return b.accuracy > a.accuracy || (b.accuracy === a.accuracy && b.loss < a.loss) ? other : best;
  });
}

/** The best head of every backbone, in the order of the backbones. */
export function chosenMembers(members: readonly FittedMember[]): FittedMember[] {
  const backbones = [...new Set(members.map(({ planned }) => planned.backbone))];
  return backbones.map((name) => bestOf(members.filter(({ planned }) => planned.backbone === name)));
}
