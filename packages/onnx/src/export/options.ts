import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, formatShape, type InputSpec, ZooError } from '@zoo/core';
import { sizeOf } from '../graph/shape.ts';

export interface ExportOptions {
  /**
   * Shape of the input in the file's layout, e.g. `[1, 3, 224, 224]`. Default: one image as the net's `inputSpec` says.
   */
  inputShape?: readonly number[];
  /** Axis order of images in the file, both going in and coming out. Default `nchw`, as in PyTorch's export. */
  layout?: 'nchw' | 'nhwc';
  /** Type of the input; `int32` for nets that begin with an embedding. Default `float32`. */
  dtype?: 'float32' | 'int32';
  /** Leaves the first size open, under the name `batch`. Default false: the batch of `inputShape`. */
  dynamicBatch?: boolean;
  /** Moves batch norms into the convolutions and linear layers before them. Default true, as in PyTorch's export. */
  fold?: boolean;
  /**
   * What to export instead of `net.predict`, in evaluation mode, e.g. `(x) => net.forwardWithAux(x)`. A single tensor is
   * called `output`, those in a list `output_0`, `output_1`, ..., those in an object by their keys.
   */
  forward?: (x: tf.Tensor) => unknown;
  /** Names of the classes in the order of the logits, as metadata `zoo.classes`. */
  classNames?: readonly string[];
  /** Free text by key. `zoo.input` is added where the net has an `inputSpec`. */
  metadata?: Readonly<Record<string, string>>;
}

/** Options with what was left out. */
export interface ExportPlan {
  inputShape: readonly number[];
  layout: 'nchw' | 'nhwc';
  dtype: 'float32' | 'int32';
  dynamicBatch: boolean;
  fold: boolean;
  metadata: Readonly<Record<string, string>>;
}

const specOf = (net: AnyModule): InputSpec | undefined => (net as { inputSpec?: InputSpec }).inputSpec;

const refusal = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

function shapeOf(net: AnyModule, layout: 'nchw' | 'nhwc', given: readonly number[] | undefined): readonly number[] {
  const spec = specOf(net);
  if (!given) {
    if (!spec) {
      throw refusal(
        `exportOnnx has to know what ${net.constructor.name} takes: give inputShape, e.g. [1, 3, 224, 224].`,
      );
    }
    return layout === 'nchw' ? [1, spec.channels, ...spec.size] : [1, ...spec.size, spec.channels];
  }
  const whole = given.length > 0 && given.every((size) => Number.isInteger(size) && size > 0);
  if (!whole || !Number.isSafeInteger(sizeOf(given))) {
    throw refusal(
      `inputShape takes sizes from 1, got ${formatShape(given)}. For an open batch size give dynamicBatch.`,
    );
  }
  const [channels, other] = layout === 'nchw' ? [given[1], given[3]] : [given[3], given[1]];
  if (spec && given.length === 4 && channels !== spec.channels && other === spec.channels) {
    const turned =
      layout === 'nchw' ? [given[0]!, given[3]!, given[1]!, given[2]!] : [given[0]!, given[2]!, given[3]!, given[1]!];
    throw refusal(
      `inputShape ${formatShape(given)} has its ${spec.channels} channels on the wrong axis for layout '${layout}'. ` +
        `Give ${formatShape(turned)}, or layout: '${layout === 'nchw' ? 'nhwc' : 'nchw'}'.`,
    );
  }
  return given;
}

/** Checks the options. Throws INVALID_ARGUMENT. */
export function planExport(net: AnyModule, options: ExportOptions): ExportPlan {
  const { layout = 'nchw', dtype = 'float32', dynamicBatch = false, fold = true, classNames } = options;
  if (layout !== 'nchw' && layout !== 'nhwc') throw refusal(`layout is 'nchw' or 'nhwc', got '${layout}'.`);
  const spec = specOf(net);
  return {
    inputShape: shapeOf(net, layout, options.inputShape),
    layout,
    dtype,
    dynamicBatch,
    fold,
    metadata: {
      ...(spec && { 'zoo.input': JSON.stringify(spec) }),
      ...(classNames && { 'zoo.classes': JSON.stringify(classNames) }),
      ...options.metadata,
    },
  };
}
