import { chooseBackend } from '@zoo/core';
import { fashionMnistMini } from '@zoo/datasets/node';
import { Session } from '../../apps/playground/src/session.ts';
import { backendRegistry } from '../backends.ts';

/** The playground's scores of one test image before any training, computed in Node by plain JavaScript. */
export async function nodeLogits(index: number): Promise<Float32Array> {
  await chooseBackend({ registry: backendRegistry(), only: 'cpu' });
  const session = new Session();
  try {
    return await session.logits(await fashionMnistMini({ split: 'test' }), index);
  } finally {
    session.dispose();
  }
}
