import { imageTerm, toImages } from '../graph/term.ts';
import { channelsFirstShape } from './conv2d.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';

const bilinear: KernelMapping = forTypes(['float32'], {
  infer: (call) => {
    const { shape } = input(call, 'images');
    const size = call.attrs['size'] as [number, number];
    // One row or column aligned at its corner needs a division by zero.
    if (call.attrs['alignCorners'] && size.includes(1)) return undefined;
    return [{ type: 'float32', shape: [shape[0]!, ...size, shape[3]!] }];
  },
  emit: (graph, call, [type]) => {
    const { alignCorners, halfPixelCenters } = call.attrs as { alignCorners?: boolean; halfPixelCenters?: boolean };
    const x = toImages(graph, input(call, 'images'));
    const shape = channelsFirstShape(type!.shape);
    const mode = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';
    const attributes = { mode: 'linear', coordinate_transformation_mode: mode };
    const resized = graph.op(
      'Resize',
      [x, undefined, undefined, graph.ints(shape)],
      { type: 'float32', shape },
      attributes,
    );
    return [imageTerm(resized, type!.shape)];
  },
});

/** Kernels that resize images. */
export const resizeKernels: Mappings = { ResizeBilinear: bilinear };
