import { nameKey } from '@zoo/core';

/** In the order in which they are used. */
export const splitNames = ['train', 'val', 'test'] as const;

export type SplitName = (typeof splitNames)[number];

/** What folders, files and CSV cells call the splits, in lower case. */
const names: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training'],
  val: ['val', 'valid', 'validation', 'dev'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

const split = new Map(Object.entries(names).flatMap(([own, all]) => all.map((name) => [name, own as SplitName])));

/** The split that a name means, in any case and also as `training_set` or `test-images`; undefined for other names. */
export function splitOf(name: string): SplitName | undefined {
  const [, word = ''] = /^([a-z]+?)[-_ ]?(?:set|data|images)?$/.exec(nameKey(name).toLowerCase()) ?? [];
  return split.get(word);
}
