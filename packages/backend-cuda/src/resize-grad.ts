import {
  type KernelConfig,
  ResizeBilinearGrad,
  ResizeNearestNeighborGrad,
  type TensorInfo,
  tensor1d,
} from '@tensorflow/tfjs-core';

interface NodeBackend {
  binding: { TF_ATTR_BOOL: number; TF_ATTR_TYPE: number };
  getDTypeInteger(dtype: string): number;
  executeSingleOutput(name: string, attrs: object[], inputs: TensorInfo[]): TensorInfo;
}

interface Inputs {
  dy: TensorInfo;
  images: TensorInfo;
}

/** tfjs-node leaves `halfPixelCenters` out of these gradients, which then belong to another resizing. */
function resizeGrad(
  kernelName: string,
  run: (node: NodeBackend, attrs: object[], inputs: Inputs) => TensorInfo,
): KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { alignCorners, halfPixelCenters } = attrs as { alignCorners?: boolean; halfPixelCenters?: boolean };
      const node = backend as NodeBackend;
      const { TF_ATTR_BOOL, TF_ATTR_TYPE } = node.binding;
      const given = inputs as unknown as Inputs;
      const attributes = [
        { name: 'T', type: TF_ATTR_TYPE, value: node.getDTypeInteger(given.images.dtype) },
        { name: 'align_corners', type: TF_ATTR_BOOL, value: alignCorners ?? false },
        { name: 'half_pixel_centers', type: TF_ATTR_BOOL, value: halfPixelCenters ?? false },
      ];
      return run(node, attributes, given);
    },
  };
}

const bilinear = resizeGrad(ResizeBilinearGrad, (node, attrs, { dy, images }) =>
  node.executeSingleOutput(ResizeBilinearGrad, attrs, [dy, images]),
);

const nearest = resizeGrad(ResizeNearestNeighborGrad, (node, attrs, { dy, images }) => {
  const size = tensor1d([images.shape[1]!, images.shape[2]!], 'int32');
  const dx = node.executeSingleOutput(ResizeNearestNeighborGrad, attrs, [dy, size]);
  size.dispose();
  return dx;
});

/** Gradients that know `halfPixelCenters`. */
export const resizeGradKernels: readonly KernelConfig[] = [bilinear, nearest];
