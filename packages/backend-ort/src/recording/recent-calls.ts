import type { TensorElement } from '@zoo/onnx';

/** What decides the kind of a call besides its kernel. */
export interface CallKind {
  readonly names: readonly string[];
  readonly values: ReadonlyArray<{ readonly type: TensorElement; readonly shape: readonly number[] }>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

interface Entry<T> {
  names: readonly string[];
  types: readonly TensorElement[];
  shapes: ReadonlyArray<readonly number[]>;
  attrs: Readonly<Record<string, unknown>>;
  answer: T;
}

/** More kinds of one kernel on one shape are rare; looking through them would take as long as making a key. */
const most = 8;

/**
 * Answers for kinds of calls that were made before, found without making a key: tensors of earlier calls share their array of
 * sizes, so that arrays need no comparison.
 */
export class RecentCalls<T> {
  readonly #kernels = new Map<string, WeakMap<readonly number[], Array<Entry<T>>>>();

  get(kernelName: string, call: CallKind): T | undefined {
    const [first] = call.values;
    const entries = first && this.#kernels.get(kernelName)?.get(first.shape);
    return entries?.find((entry) => isSame(entry, call))?.answer;
  }

  set(kernelName: string, { names, values, attrs }: CallKind, answer: T): void {
    const [first] = values;
    if (!first) return;
    const byShape = this.#kernels.get(kernelName) ?? new WeakMap<readonly number[], Array<Entry<T>>>();
    this.#kernels.set(kernelName, byShape);
    const entries = byShape.get(first.shape) ?? [];
    byShape.set(first.shape, entries);
    if (entries.length === most) entries.shift();
    entries.push({
      names,
      types: values.map(({ type }) => type),
      shapes: values.map(({ shape }) => shape),
      // Callers may keep their arrays and change them.
      attrs: Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, copied(value)])),
      answer,
    });
  }
}

const copied = (value: unknown): unknown => (Array.isArray(value) ? value.map(copied) : value);

function isSame<T>({ names, types, shapes, attrs }: Entry<T>, call: CallKind): boolean {
  if (names.length !== call.names.length) return false;
  for (let i = 0; i < names.length; i++) {
    const { type, shape } = call.values[i]!;
    if (names[i] !== call.names[i] || types[i] !== type || shapes[i] !== shape) return false;
  }
  return sameAttributes(attrs, call.attrs);
}

function sameAttributes(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  let count = 0;
  for (const name in b) {
    if (!(name in a) || !sameValue(a[name], b[name])) return false;
    count++;
  }
  for (const _ in a) count--;
  return count === 0;
}

const sameValue = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((x, i) => sameValue(x, b[i]))
    : Object.is(a, b);
