import type * as tf from '@tensorflow/tfjs-core';
import { type Initializer, Module, Parameter } from '@zoo/core';
import { embedding } from '../functional/embedding.ts';
import { toCount } from '../functional/spatial.ts';
import { normal } from '../init/distributions.ts';

export interface EmbeddingOptions {
  /** Default: standard normal. */
  weightInit?: Initializer;
}

/** `torch.nn.Embedding`: int32 ids of any shape to `[...ids, dim]`. Ids must be in range; nothing checks them. */
export class Embedding extends Module<[tf.Tensor], tf.Tensor> {
  readonly weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;

  constructor(numEmbeddings: number, embeddingDim: number, { weightInit = normal() }: EmbeddingOptions = {}) {
    super();
    this.numEmbeddings = toCount('numEmbeddings', numEmbeddings);
    this.embeddingDim = toCount('embeddingDim', embeddingDim);
    this.weight = new Parameter([numEmbeddings, embeddingDim], { init: weightInit });
  }

  forward(ids: tf.Tensor): tf.Tensor {
    return embedding(ids, this.weight.value());
  }
}
