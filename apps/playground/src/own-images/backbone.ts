import { createRegistry, type ImageModel } from '@zoo/core';
import { resnet } from '@zoo/resnet';
import { weights } from '@zoo/weights/browser';

/** The ResNet that @zoo/resnet ships: trained on Fashion-MNIST, 28x28 grey pixels in, 128 features out. */
export async function loadBackbone(): Promise<ImageModel> {
  const registry = createRegistry().use(resnet).use(weights);
  return (await registry.load('resnet18_d2l', { weights: 'FASHION_MNIST' })) as ImageModel;
}
