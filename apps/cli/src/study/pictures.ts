import type { History } from '@zoo/train';
import { type Measurement, mostConfused } from '../net/measure.ts';
import { thumbnail } from '../report/thumbnail.ts';
import type { Curves, ShownImage } from './result.ts';
import type { FinishedStudy } from './run-study.ts';
import { answersOf, softmaxOf } from './scores.ts';

/** How many mistakes of one pair of classes are shown, before the next pair's turn. */
const perPair = 2;

/** Indices of mistakes: those of the most confused pair of classes first, the surest of each pair first. */
export function confusedImages(
  {
    labels,
    answers,
    measurement,
  }: { labels: Int32Array; answers: readonly { label: number; probability: number }[]; measurement: Measurement },
  limit: number,
): number[] {
  const names = measurement.perClass.map(({ name }) => name);
  const pairs = mostConfused(measurement, Number.POSITIVE_INFINITY).map(({ actual, predicted }) => {
    const [from, to] = [names.indexOf(actual), names.indexOf(predicted)];
    return answers
      .map((answer, i) => ({ ...answer, i }))
      .filter(({ label, i }) => label === to && labels[i] === from)
      .sort((a, b) => b.probability - a.probability)
      .map(({ i }) => i);
  });
  const first = pairs.flatMap((indices) => indices.slice(0, perPair));
  const rest = pairs.flatMap((indices) => indices.slice(perPair));
  return [...first, ...rest].slice(0, limit);
}

/** Test images with the ensemble's answer and the members'. */
export function showImages(study: FinishedStudy, indices: readonly number[]): Promise<ShownImage[]> {
  const { data, members, probabilities } = study;
  const { labels, classNames } = data.test;
  const answers = answersOf(probabilities);
  const said = members.map(({ planned, logits }) => ({
    name: planned.backbone,
    answers: answersOf(softmaxOf(logits.test)),
  }));
  return Promise.all(
    indices.map(async (index): Promise<ShownImage> => {
      const { label, probability } = answers[index]!;
      return {
        index,
        image: await thumbnail(await data.test.image(index)),
        actual: classNames[labels[index]!]!,
        predicted: classNames[label]!,
        probability,
        right: label === labels[index],
        members: said.map((member) => ({ name: member.name, answer: classNames[member.answers[index]!.label]! })),
      };
    }),
  );
}

/** Curves of everything that learnt over epochs. */
export async function drawCurves({ members, ensembles }: FinishedStudy): Promise<Curves[]> {
  const trained: [string, History | undefined][] = [
    ...members.map(({ planned, history }): [string, History | undefined] => [planned.name, history]),
    ...ensembles.map(({ name, fitted }): [string, History | undefined] => [`ensemble: ${name}`, fitted.history]),
  ];
  const { curvesSvg } = await import('@zoo/train/report');
  return trained.flatMap(([name, history]) => {
    if (!history) return [];
    // The trainer calls whatever it measures on "test"; here that is the validation part.
    const svg = curvesSvg(history, { title: name, width: 420, height: 280 }).replaceAll(
      '>test accuracy<',
      '>validation acc.<',
    );
    return [{ name, svg }];
  });
}
