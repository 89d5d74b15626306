import type { AnyModule, ModuleList, Sequential } from '@zoo/core';

/** Names of the fields of `M` that hold modules. */
type ChildName<M> = {
  [K in keyof M & string]-?: NonNullable<M[K]> extends AnyModule ? K : never;
}[keyof M & string];

/** Containers, and fields typed as any module: what is inside shows at run time only. */
type IsOpen<M> = M extends Sequential | ModuleList ? true : AnyModule extends M ? true : false;

type Deeper = [never, 0, 1, 2, 3];

type Path<M, Depth extends number> = {
  [K in ChildName<M>]:
    | K
    | (IsOpen<NonNullable<M[K]>> extends true
        ? `${K}.${string}`
        : Depth extends 0
          ? never
          : `${K}.${Path<NonNullable<M[K]>, Deeper[Depth]>}`);
}[ChildName<M>];

/**
 * Names of `namedModules()` as far as the class of `Net` shows them: `'layer4' | 'layer4.${string}' | ...` for a ResNet.
 * Any string for a net whose class says nothing, such as `Module` or `ImageModel`.
 */
export type ModuleName<Net> = [ChildName<Net>] extends [never] ? string : Path<Net, 3>;

/**
 * Where features can be read: a module's name, meaning its output; with `_1`, `_2`, ... the output of its second, third,
 * ... call, as torchvision counts them; `preLogits`, what the classifier gets; `logits`, what the net returns.
 */
export type TapName<Net> = 'preLogits' | 'logits' | ModuleName<Net> | `${ModuleName<Net>}_${number}`;
