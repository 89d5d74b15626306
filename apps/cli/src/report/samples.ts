import type { InputSpec } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { Answer } from '../net/measure.ts';
import { toPng } from './to-png.ts';

/** A test image and what the net said. */
export interface Sample {
  /** PNG as a data URI. */
  image: string;
  actual: string;
  predicted: string;
  probability: number;
  right: boolean;
}

export interface SampleOptions {
  dataset: Dataset;
  labels: Int32Array;
  classNames: readonly string[];
  answers: readonly Answer[];
  indices: readonly number[];
  inputSpec: InputSpec | undefined;
}

/** The first `perClass` images of each class, one class after the other. */
export function firstOfEachClass(labels: Int32Array, perClass: number): number[] {
  const chosen = new Map<number, number[]>();
  labels.forEach((label, i) => {
    const indices = chosen.get(label) ?? [];
    if (indices.length < perClass) chosen.set(label, [...indices, i]);
  });
  return [...chosen.keys()].sort((a, b) => a - b).flatMap((label) => chosen.get(label)!);
}

/** The mistakes that the net was surest of. */
export function surestMistakes(labels: Int32Array, answers: readonly Answer[], limit: number): number[] {
  return answers
    .map((answer, i) => ({ i, answer }))
    .filter(({ i, answer }) => answer.label !== labels[i])
    .sort((a, b) => b.answer.probability - a.answer.probability)
    .slice(0, limit)
    .map(({ i }) => i);
}

const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString('base64')}`;

/** Images of a dataset with their answers, ready to be shown. */
export async function takeSamples(options: SampleOptions): Promise<Sample[]> {
  const { dataset, labels, classNames, answers, indices, inputSpec } = options;
  if (indices.length === 0) return [];
  const { inputs, targets } = await dataset.batch(indices);
  const pixels = (await inputs.data()) as Float32Array;
  inputs.dispose();
  targets.dispose();
  const size = pixels.length / indices.length;
  return Promise.all(
    indices.map(async (index, i): Promise<Sample> => {
      const { label, probability } = answers[index]!;
      return {
        image: dataUri(
          await toPng(pixels.subarray(i * size, (i + 1) * size), { shape: dataset.inputShape, inputSpec }),
        ),
        actual: classNames[labels[index]!]!,
        predicted: classNames[label]!,
        probability,
        right: label === labels[index],
      };
    }),
  );
}
