import type * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@zoo/core';
import { fuse, KNearestNeighbors, linearHead, mlpHead } from '@zoo/transfer';
import type { Net } from './create-net.ts';
import type { FusedRecord, HeadRecord } from './fused-record.ts';
import { NeighbourHead } from './neighbour-head.ts';

type Head = Module<[tf.Tensor], tf.Tensor>;

function buildHead(record: HeadRecord): Head {
  switch (record.type) {
    case 'linear': {
      const { type: _, ...options } = record;
      return linearHead({ ...options, seed: 0 });
    }
    case 'mlp': {
      const { type: _, ...options } = record;
      return mlpHead({ ...options, seed: 0 });
    }
    case 'knn': {
      const { rows, inFeatures: width, numClasses, k, metric } = record;
      const examples = {
        values: new Float32Array(rows * width),
        labels: new Int32Array(rows),
        rows,
        width,
        numClasses,
      };
      return new NeighbourHead(new KNearestNeighbors(examples, k, metric));
    }
  }
}

/** One net of a backbone and the head that `record` describes, to load weights into. */
export function fuseHead(backbone: Net, { taps, pool, head }: FusedRecord): Net {
  return fuse(backbone, buildHead(head), { tap: [...taps], pool });
}
