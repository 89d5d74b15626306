import { type AnyModule, type ImageModel, isModule, ModuleDict, Sequential, ZooError } from '@zoo/core';
import { forwardOrder } from './fine-tune/forward-order.ts';
import { isImageModel } from './taps/collect.ts';

/** Puts `module` where `name` is in `net`. */
function putModule(net: AnyModule, name: string, module: AnyModule): void {
  const cut = name.lastIndexOf('.');
  const field = name.slice(cut + 1);
  const [, parent] = [...net.namedModules()].find(([path]) => path === name.slice(0, Math.max(cut, 0)))!;
  if (parent instanceof Sequential) parent.replace(field, module);
  else if (parent instanceof ModuleDict) parent.set(field, module);
  else Object.assign(parent, { [field]: module });
}

/** Name of the last module that only the classifier calls: the one to replace. */
function classifierName(net: ImageModel): string {
  const { classifier } = forwardOrder(net);
  const last = classifier.at(-1);
  const found = [...net.namedModules()].find(([, module]) => module === last);
  if (found) return found[0];
  throw new ZooError(
    'NOT_SUPPORTED',
    `${net.constructor.name} shows no module of its own for the classifier; give a number of classes instead.`,
  );
}

/**
 * Gives `net` a fresh classifier for `numClasses` classes, or `head` in its place, which gets what the former one got:
 * `[n, numFeatures]`, in nets that end in a convolution its feature maps. The rest of the net stays; the former
 * classifier is disposed. Returns `net`.
 *
 * ```ts
 * freeze(replaceHead(net, 2), { except: ['fc'] });
 * ```
 */
export function replaceHead<Net extends ImageModel>(net: Net, head: number | AnyModule): Net {
  if (!isImageModel(net)) {
    const name = (net as AnyModule).constructor.name;
    throw new ZooError('NOT_SUPPORTED', `replaceHead: ${name} is not an ImageModel; replace its layers yourself.`);
  }
  if (!isModule(head)) {
    net.resetClassifier(head);
    return net;
  }
  const name = classifierName(net);
  const [, former] = [...net.namedModules()].find(([path]) => path === name)!;
  putModule(net, name, head);
  if (former !== head) former.dispose();
  return net;
}
