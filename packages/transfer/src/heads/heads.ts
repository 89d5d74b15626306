import { type AnyModule, refuseUnknown, Sequential, seeded, ZooError } from '@zoo/core';
import { Dropout, Linear, ReLU } from '@zoo/layers';

export interface LinearHeadOptions {
  /** Width of the features. */
  inFeatures: number;
  numClasses: number;
  /** Dropout before the layer; default none. */
  dropRate?: number;
  seed?: number;
}

export interface MlpHeadOptions extends LinearHeadOptions {
  /** Widths of the hidden layers. */
  hidden: readonly number[];
}

const optionNames = ['inFeatures', 'numClasses', 'dropRate', 'seed'];

function checkHead(owner: string, options: LinearHeadOptions, further: readonly string[] = []): void {
  refuseUnknown(owner, options, [...optionNames, ...further]);
  for (const name of ['inFeatures', 'numClasses'] as const) {
    if (Number.isInteger(options[name]) && options[name] > 0) continue;
    throw new ZooError('INVALID_ARGUMENT', `${owner}: '${name}' must be a whole number >= 1, got ${options[name]}.`);
  }
}

/** One linear layer `fc`, after dropout if asked for: `[n, inFeatures]` to `[n, numClasses]` logits. */
export function linearHead(options: LinearHeadOptions): Sequential {
  checkHead('linearHead', options);
  const { inFeatures, numClasses, dropRate = 0, seed } = options;
  return seeded(seed, () => {
    const layers: Record<string, AnyModule> = dropRate > 0 ? { dropout: new Dropout(dropRate) } : {};
    return new Sequential({ ...layers, fc: new Linear(inFeatures, numClasses) });
  });
}

/** Hidden layers with ReLU, each followed by dropout if asked for, and a linear layer `fc`. */
export function mlpHead(options: MlpHeadOptions): Sequential {
  checkHead('mlpHead', options, ['hidden']);
  const { inFeatures, hidden, numClasses, dropRate = 0, seed } = options;
  if (!Array.isArray(hidden))
    throw new ZooError('INVALID_ARGUMENT', `mlpHead: 'hidden' lists the widths of the hidden layers, e.g. [256].`);
  return seeded(seed, () => {
    const layers: Record<string, AnyModule> = {};
    let width = inFeatures;
    hidden.forEach((next, i) => {
      layers[`hidden${i + 1}`] = new Linear(width, next);
      layers[`relu${i + 1}`] = new ReLU();
      if (dropRate > 0) layers[`dropout${i + 1}`] = new Dropout(dropRate);
      width = next;
    });
    layers['fc'] = new Linear(width, numClasses);
    return new Sequential(layers);
  });
}
