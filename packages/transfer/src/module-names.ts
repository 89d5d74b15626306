import { type AnyModule, nearest, ZooError } from '@zoo/core';

/** All modules of `net` by name, without the net itself. */
export const modulesByName = (net: AnyModule): Map<string, AnyModule> =>
  new Map([...net.namedModules()].filter(([name]) => name !== ''));

/** Refuses a name that is not known: near names first, then how the net's names begin. Deep nets have hundreds. */
export function unknownModule(net: AnyModule, name: string, known: Iterable<string>): ZooError {
  const names = [...known];
  const last = name.split('.').at(-1)!;
  const guess = nearest(name, names) ?? names.find((other) => other.endsWith(`.${last}`));
  const hint = guess ? ` Did you mean '${guess}'?` : '';
  const top = names.filter((other) => !other.includes('.'));
  return new ZooError(
    'UNKNOWN_NAME',
    `${net.constructor.name} has no module '${name}'.${hint} At the top it has ${top.join(', ')}; namedModules() lists all.`,
  );
}

/** The module called `name`. Throws `UNKNOWN_NAME`. */
export function moduleNamed(net: AnyModule, name: string): AnyModule {
  const modules = modulesByName(net);
  const module = modules.get(name);
  if (!module) throw unknownModule(net, name, modules.keys());
  return module;
}
