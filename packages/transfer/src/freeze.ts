import { type AnyModule, refuseUnknown } from '@zoo/core';
import { moduleNamed } from './module-names.ts';
import type { ModuleName } from './taps/tap-name.ts';

export interface FreezeOptions<Net extends AnyModule> {
  /** Modules, by name, that stay trainable with all below them, e.g. `['layer4', 'fc']`. */
  except?: readonly ModuleName<Net>[];
}

/**
 * Freezes `net` but for `except`: no gradients, and batch norms keep and use their running statistics, also under
 * `train()`. Throws `UNKNOWN_NAME`, and nothing is changed then.
 */
export function freeze<Net extends AnyModule>(net: Net, options: FreezeOptions<Net> = {}): Net {
  refuseUnknown('freeze', options, ['except']);
  const { except = [] } = options;
  const kept = except.map((name) => moduleNamed(net, name));
  net.freeze();
  for (const module of kept) module.unfreeze();
  return net;
}

/** Makes `net`, or only the named modules with all below them, trainable again. Throws `UNKNOWN_NAME`. */
export function unfreeze<Net extends AnyModule>(net: Net, names?: readonly ModuleName<Net>[]): Net {
  if (!names) {
    net.unfreeze();
    return net;
  }
  for (const module of names.map((name) => moduleNamed(net, name))) module.unfreeze();
  return net;
}
