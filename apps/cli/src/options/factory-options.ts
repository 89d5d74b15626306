import { UsageError } from '../exit-codes.ts';

/** Options of a model's factory, plain JSON. */
export type FactoryOptions = Readonly<Record<string, unknown>>;

/** These have options of their own. */
const taken: Readonly<Record<string, string>> = {
  numClasses: '--num-classes',
  inChannels: '--in-channels',
  dropRate: '--drop-rate',
  seed: '--seed',
};

const example = 'such as blocks=[4,4,4] or growthRate=24';

/** For commander: collects the values of an option that may be given several times. */
export const collect = (value: string, former: readonly string[] = []): string[] => [...former, value];

function parseOne(text: string): [string, unknown] {
  const [, key, json] = /^([a-zA-Z]\w*)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || json === undefined) {
    throw new UsageError(`Option --option takes key=JSON, ${example}; got '${text}'.`);
  }
  if (key in taken) throw new UsageError(`Option --option ${key}: use ${taken[key]}.`);
  try {
    return [key, JSON.parse(json)];
  } catch (error) {
    const quoted = /^[a-zA-Z_]\w*$/.test(json) ? ` Text needs quotes: --option '${key}="${json}"'.` : '';
    throw new UsageError(
      `Option --option ${key}: '${json}' is not JSON (${(error as Error).message}); ${example}.${quoted}`,
    );
  }
}

/** `['blocks=[4,4]', 'bias=false']` as `{ blocks: [4, 4], bias: false }`. Throws UsageError. */
export function parseFactoryOptions(values: readonly string[] = []): FactoryOptions {
  const options = new Map<string, unknown>();
  for (const value of values) {
    const [key, parsed] = parseOne(value);
    if (options.has(key)) throw new UsageError(`Option --option ${key} is given twice.`);
    options.set(key, parsed);
  }
  return Object.fromEntries(options);
}
