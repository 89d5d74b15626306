import { chooseBackend, createRegistry, type ImageModel } from '@zoo/core';
import { imageFolder } from '@zoo/datasets/node';
import { resnet } from '@zoo/resnet';
import { presetFor } from '@zoo/transforms';
import { weights } from '@zoo/weights/node';
import { logitsOf, trainClassifier } from '../../apps/playground/src/own-images/classifier.ts';
import { backendRegistry } from '../backends.ts';

/** What the page `own-images.html` should say of the images in `test`, trained on those in `train`; computed in Node. */
export async function nodeClassifier(train: string, test: string): Promise<number[][]> {
  await chooseBackend({ registry: backendRegistry(), only: 'wasm' });
  const registry = createRegistry().use(resnet).use(weights);
  const backbone = (await registry.load('resnet18_d2l', { weights: 'FASHION_MNIST' })) as ImageModel;
  const transform = presetFor(backbone.inputSpec);
  const trained = await trainClassifier(backbone, await imageFolder(train, { transform }));
  try {
    return await logitsOf(trained.net, await imageFolder(test, { transform }));
  } finally {
    trained.net.dispose();
  }
}
