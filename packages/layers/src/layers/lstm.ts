import * as tf from '@tensorflow/tfjs-core';
import { formatShape, Module, Parameter, sameShape, ZooError } from '@zoo/core';
import { type LstmCellState, type LstmWeights, lstmLayer } from '../functional/lstm.ts';
import { toCount } from '../functional/spatial.ts';
import { uniform } from '../init/distributions.ts';

export interface LstmOptions {
  /** Default 1. */
  numLayers?: number;
  /** Inputs and outputs are `[n, t, f]` instead of `[t, n, f]`; default false. */
  batchFirst?: boolean;
  /** Default true. */
  bias?: boolean;
}

/** `[layers, n, hidden]` each. */
export interface LstmState {
  h: tf.Tensor;
  c: tf.Tensor;
}

export interface LstmOutput {
  /** The last layer's hidden state of every step, in the input's axis order. */
  output: tf.Tensor;
  /** Every layer's state after the last step. */
  state: LstmState;
}

type Prefix = 'weight_ih' | 'weight_hh' | 'bias_ih' | 'bias_hh';

/** `torch.nn.LSTM`, its parameters under PyTorch's names (`weight_ih_l0`, ...). Without a state it starts from zeros. */
export class LSTM extends Module<[tf.Tensor, LstmState?], LstmOutput> {
  [parameter: `${Prefix}_l${number}`]: Parameter;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;

  constructor(inputSize: number, hiddenSize: number, options: LstmOptions = {}) {
    super();
    const { numLayers = 1, batchFirst = false, bias = true } = options;
    this.inputSize = toCount('inputSize', inputSize);
    this.hiddenSize = toCount('hiddenSize', hiddenSize);
    this.numLayers = toCount('numLayers', numLayers);
    this.batchFirst = batchFirst;
    const bound = 1 / Math.sqrt(hiddenSize);
    const init = uniform(-bound, bound);
    const gates = 4 * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const features = layer === 0 ? inputSize : hiddenSize;
      this[`weight_ih_l${layer}`] = new Parameter([gates, features], { layout: [1, 0], init });
      this[`weight_hh_l${layer}`] = new Parameter([gates, hiddenSize], { layout: [1, 0], init });
      if (!bias) continue;
      this[`bias_ih_l${layer}`] = new Parameter([gates], { init });
      this[`bias_hh_l${layer}`] = new Parameter([gates], { init });
    }
  }

  forward(x: tf.Tensor, state?: LstmState): LstmOutput {
    const time = this.#expectSequence(x);
    const batch = time.shape[1];
    const initial = this.#initial(batch, state);
    const last: LstmCellState[] = [];
    let sequence = time;
    let outputs: tf.Tensor2D[] = [];
    for (const [layer, start] of initial.entries()) {
      if (layer > 0) sequence = tf.stack(outputs) as tf.Tensor3D;
      const result = lstmLayer(sequence, this.#weights(layer), start);
      outputs = result.outputs;
      last.push(result.state);
    }
    const finalState = { h: tf.stack(last.map(({ h }) => h)), c: tf.stack(last.map(({ c }) => c)) };
    return { output: tf.stack(outputs, this.batchFirst ? 1 : 0), state: finalState };
  }

  #weights(layer: number): LstmWeights {
    const [first, second] = [this[`bias_ih_l${layer}`], this[`bias_hh_l${layer}`]];
    return {
      input: this[`weight_ih_l${layer}`]!.value(),
      hidden: this[`weight_hh_l${layer}`]!.value(),
      bias: first && second && tf.add(first.value(), second.value()),
    };
  }

  #expectSequence(x: tf.Tensor): tf.Tensor3D {
    if (x.rank !== 3 || x.shape[2] !== this.inputSize) {
      const axes = this.batchFirst ? 'n, t' : 't, n';
      throw new ZooError('SHAPE_MISMATCH', `expected [${axes}, ${this.inputSize}], got ${formatShape(x.shape)}.`);
    }
    if (x.shape[this.batchFirst ? 1 : 0] === 0) {
      throw new ZooError('SHAPE_MISMATCH', `expected at least one step, got ${formatShape(x.shape)}.`);
    }
    return (this.batchFirst ? tf.transpose(x, [1, 0, 2]) : x) as tf.Tensor3D;
  }

  #initial(batch: number, state: LstmState | undefined): LstmCellState[] {
    const shape = [this.numLayers, batch, this.hiddenSize];
    if (!state) {
      const zeros = tf.zeros([batch, this.hiddenSize]) as tf.Tensor2D;
      return Array.from({ length: this.numLayers }, () => ({ h: zeros, c: zeros }));
    }
    for (const part of [state.h, state.c]) {
      if (!sameShape(part.shape, shape)) {
        throw new ZooError(
          'SHAPE_MISMATCH',
          `expected a state of ${formatShape(shape)}, got ${formatShape(part.shape)}.`,
        );
      }
    }
    const h = tf.unstack(state.h) as tf.Tensor2D[];
    const c = tf.unstack(state.c) as tf.Tensor2D[];
    return h.map((part, layer) => ({ h: part, c: c[layer]! }));
  }
}
