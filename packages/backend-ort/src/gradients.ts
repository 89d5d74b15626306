import {
  type GradConfig,
  getBackend,
  getGradient,
  Mean,
  mul,
  onesLike,
  registerGradient,
  reshape,
  Sum,
  type Tensor,
  unregisterGradient,
  util,
} from '@tensorflow/tfjs-core';
import { backendName } from './kernels.ts';

/** tfjs fills an array in JavaScript to repeat the gradient; here it is recorded, and never in memory. */
function repeated(dy: Tensor, x: Tensor, attrs: object): { product: Tensor; count: number } {
  const axes = util.parseAxisParam((attrs as { axis: number | number[] }).axis, x.shape);
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return { product: mul(reshape(dy, shape), onesLike(x)), count };
}

const own: Readonly<Record<string, (dy: Tensor, x: Tensor, attrs: object) => Tensor>> = {
  [Sum]: (dy, x, attrs) => repeated(dy, x, attrs).product,
  [Mean]: (dy, x, attrs) => {
    const { product, count } = repeated(dy, x, attrs);
    return mul(product, 1 / count);
  },
};

const overridden = new WeakSet<GradConfig>();

/** Replaces gradients on this backend; other backends keep tfjs's. Repeatable. */
export function overrideGradients(): void {
  for (const [kernelName, gradient] of Object.entries(own)) {
    const stock = getGradient(kernelName);
    if (!stock || overridden.has(stock)) continue;
    const config: GradConfig = {
      ...stock,
      gradFunc: (dy, saved, attrs) => {
        const [x] = saved;
        if (getBackend() !== backendName || x!.dtype !== 'float32') return stock.gradFunc(dy, saved, attrs);
        return { x: () => gradient(dy as Tensor, x!, attrs) };
      },
    };
    overridden.add(config);
    unregisterGradient(kernelName);
    registerGradient(config);
  }
}
