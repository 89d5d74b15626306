import { type InputSpec, parseJson, ZooError } from '@zoo/core';
import { modelMetadata } from '@zoo/weights';

const classesKey = 'zoo.classes';
const inputKey = 'zoo.input';

/** What a weight file says of the net it holds. */
export interface NetRecord {
  name: string;
  options: object;
  classNames: readonly string[];
  /** How images were prepared in the training, where that is not the net's own way. */
  input?: InputSpec;
}

/** Metadata of the weight files that `zoo train` writes. */
export function weightsMetadata({ name, options, classNames, input }: NetRecord): Record<string, string> {
  return {
    ...modelMetadata({ name, options }),
    [classesKey]: JSON.stringify(classNames),
    ...(input && { [inputKey]: JSON.stringify(input) }),
  };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text, { name: 'metadata' });
  } catch {
    return undefined; // the callers refuse it as any other wrong value
  }
}

const isList = (value: unknown, type: string, length?: number): boolean =>
  Array.isArray(value) && (length === undefined || value.length === length) && value.every((v) => typeof v === type);

/** Class names by label; undefined in files of other programs. Throws `CORRUPT_FILE` naming the file. */
export function readClassNames(metadata: Readonly<Record<string, string>>, path: string): string[] | undefined {
  const text = metadata[classesKey];
  if (text === undefined) return undefined;
  const names = parsed(text);
  if (isList(names, 'string')) return names as string[];
  throw new ZooError('CORRUPT_FILE', `${path}: metadata '${classesKey}' is not a list of names.`);
}

/** How images are prepared, where the file says it. Throws `CORRUPT_FILE` naming the file. */
export function readInput(metadata: Readonly<Record<string, string>>, path: string): InputSpec | undefined {
  const text = metadata[inputKey];
  if (text === undefined) return undefined;
  const spec = (parsed(text) ?? {}) as Partial<InputSpec>;
  const { size, channels, mean, std } = spec;
  const positive = [...(isList(size, 'number', 2) ? size! : [0]), ...(isList(std, 'number', channels) ? std! : [0])];
  if (isList(mean, 'number', channels) && positive.every((n) => n > 0)) return spec as InputSpec;
  throw new ZooError('CORRUPT_FILE', `${path}: metadata '${inputKey}' does not say how images are prepared.`);
}
