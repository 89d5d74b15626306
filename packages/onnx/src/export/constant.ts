import type { Shape } from '../graph/shape.ts';
import type { ElementData, ElementType } from '../model/types.ts';

/** A constant of a graph. Its values are read when the file is written, and not kept after. */
export interface Constant {
  readonly type: ElementType;
  readonly shape: Shape;
  /** The state-dict key of the parameter that it is made of, if it is one. */
  readonly origin?: string;
  /** The values, where they are at hand. */
  readonly known?: ElementData;
  read(values: Evaluation): Promise<ElementData>;
}

/** Values of constants while one of them is computed: what several of its parts need is read once. */
export class Evaluation {
  readonly #values = new Map<Constant, Promise<ElementData>>();

  of(constant: Constant): Promise<ElementData> {
    const value = this.#values.get(constant) ?? constant.read(this);
    this.#values.set(constant, value);
    return value;
  }
}

/** A constant whose values are at hand. */
export const knownConstant = (type: ElementType, shape: Shape, known: ElementData): Constant => ({
  type,
  shape,
  known,
  read: async () => known,
});

interface Derived {
  type?: ElementType;
  shape: Shape;
  /** The first one's origin is the result's, unless another is given. */
  from: readonly Constant[];
  origin?: string | undefined;
  compute: (...values: ElementData[]) => ElementData;
}

/** A constant computed from others when it is read. */
export function derivedConstant({ type, shape, from, compute, ...rest }: Derived): Constant {
  const origin = 'origin' in rest ? rest.origin : from[0]!.origin;
  return {
    type: type ?? from[0]!.type,
    shape,
    ...(origin !== undefined && { origin }),
    read: async (values) => compute(...(await Promise.all(from.map((part) => values.of(part))))),
  };
}
