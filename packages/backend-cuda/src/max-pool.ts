import * as tf from '@tensorflow/tfjs-core';

interface NodeBackend {
  isUsingGpuDevice: boolean;
}

type Kernel = (inputs: tf.NamedTensorInfoMap) => tf.Tensor;

/** A reason to look closer: true where `x` has a NaN. Waiting for a GPU to say so would cost more than looking. */
function mayHaveNaN(backend: unknown, x: tf.Tensor): boolean {
  if ((backend as NodeBackend).isUsingGpuDevice) return true;
  return Number.isNaN(tf.tidy(() => tf.sum(x)).dataSync()[0]);
}

/** libtensorflow passes over NaN; here a window with NaN in it is NaN. */
function maximum(pool: Kernel, x: tf.Tensor, backend: unknown): tf.Tensor {
  const largest = pool({ x });
  if (!mayHaveNaN(backend, x)) return largest;
  const flags = pool({ x: tf.cast(tf.isNaN(x), 'float32') });
  return tf.where(tf.cast(flags, 'bool'), tf.scalar(Number.NaN), largest);
}

interface GradientInputs {
  dy: tf.Tensor;
  input: tf.Tensor;
  output: tf.Tensor;
}

/** The gradient of a window with NaN goes to the last one, which is the largest of the NaN pixels' numbers. */
function gradient(grad: Kernel, pool: Kernel, { dy, input, output }: GradientInputs, backend: unknown): tf.Tensor {
  if (!mayHaveNaN(backend, output)) return grad({ dy, input, output });
  const [, ...rest] = input.shape;
  const pixels = rest.slice(0, -1);
  const count = pixels.reduce((product, size) => product * size, 1);
  const numbers = tf.reshape(tf.range(1, count + 1), [1, ...pixels, 1]);
  const zero = tf.scalar(0);
  const places = tf.where(tf.isNaN(input), tf.broadcastTo(numbers, input.shape), zero);
  const undefinedWindows = tf.isNaN(output);
  const numbersOnly = tf.where(tf.isNaN(input), tf.scalar(Number.NEGATIVE_INFINITY), input);
  return tf.add(
    grad({ dy: tf.where(undefinedWindows, dy, zero), input: places, output: pool({ x: places }) }),
    grad({ dy: tf.where(undefinedWindows, zero, dy), input: numbersOnly, output: pool({ x: numbersOnly }) }),
  );
}

const stock = (name: string) => tf.getKernel(name, 'tensorflow')?.kernelFunc;

/** Calls a kernel of tfjs-node, whose results are tensors already, with the given attributes and without the tape. */
const caller =
  (kernel: tf.KernelFunc, attrs: tf.NamedAttrMap | undefined, backend: unknown): Kernel =>
  (inputs) =>
    kernel({ inputs, attrs, backend } as never) as tf.Tensor;

/** Maximum pools and their gradients as in PyTorch, made from those that are registered. */
export function maxPoolKernels(): tf.KernelConfig[] {
  return ['MaxPool', 'MaxPool3D'].flatMap((name) => {
    const [pool, grad] = [stock(name), stock(`${name}Grad`)];
    if (!pool || !grad) return [];
    const forward: tf.KernelFunc = ({ inputs, attrs, backend }) =>
      tf.tidy(() => maximum(caller(pool, attrs, backend), inputs['x'] as tf.Tensor, backend));
    const backward: tf.KernelFunc = ({ inputs, attrs, backend }) =>
      tf.tidy(() =>
        gradient(
          caller(grad, attrs, backend),
          caller(pool, attrs, backend),
          inputs as unknown as GradientInputs,
          backend,
        ),
      );
    return [
      { kernelName: name, backendName: 'tensorflow', kernelFunc: forward },
      { kernelName: `${name}Grad`, backendName: 'tensorflow', kernelFunc: backward },
    ];
  });
}
