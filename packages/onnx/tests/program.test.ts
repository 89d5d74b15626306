import { describe, expect, it } from 'vitest';
import { inferCall, type OnnxGraph, type Program, programGraph } from '../src/index.ts';

const float = (name: string, shape: number[]) => ({ name, type: 'float32' as const, shape });
const at = (call: number) => ({ call, result: 0 });
const opsOf = (graph: OnnxGraph): string[] => graph.nodes.map((node) => node.opType);

/** Two convolutions with a scaling and a ReLU between them. */
const twoConvs = (batch: number): Program => {
  const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
  return {
    leaves: [float('x', [batch, 8, 8, 3]), float('w', [3, 3, 3, 4]), float('v', [3, 3, 4, 4]), float('s', [4])],
    calls: [
      { kernelName: 'Conv2D', inputs: { x: { leaf: 0 }, filter: { leaf: 1 } }, attrs },
      { kernelName: 'Multiply', inputs: { a: at(0), b: { leaf: 3 } }, attrs: {} },
      { kernelName: 'Relu', inputs: { x: at(1) }, attrs: {} },
      { kernelName: 'Conv2D', inputs: { x: at(2), filter: { leaf: 2 } }, attrs },
      { kernelName: 'Mean', inputs: { x: at(3) }, attrs: { axis: [1, 2] } },
    ],
    outputs: [{ name: 'y', value: at(4) }],
  };
};

describe('programGraph', () => {
  it('keeps images channels first from the first convolution to the last reduction', () => {
    const graph = programGraph(twoConvs(2));
    const images = graph.nodes.filter((node) => node.opType === 'Transpose' && node.inputs[0] === 'x');
    expect(images).toHaveLength(1);
    // One transpose of the input and one of each filter.
    expect(opsOf(graph).filter((op) => op === 'Transpose')).toHaveLength(3);
    expect(graph.outputs).toEqual([{ name: 'y', type: 'float32', shape: [2, 4] }]);
  });

  it('leaves the batch size open where it is marked', () => {
    const marker = 104729;
    const graph = programGraph(twoConvs(marker), { batchMarker: marker });
    expect(graph.inputs[0]!.shape).toEqual(['batch', 8, 8, 3]);
    expect(graph.outputs[0]!.shape).toEqual(['batch', 4]);
  });

  it('leaves out what no output needs', () => {
    const program = twoConvs(1);
    const graph = programGraph({ ...program, outputs: [{ name: 'y', value: at(0) }] });
    expect(opsOf(graph)).toEqual(['Transpose', 'Transpose', 'Conv', 'Transpose']);
  });

  it('does not write down ones that a gradient multiplies with', () => {
    const graph = programGraph({
      leaves: [float('x', [64, 64]), float('dy', [64, 1])],
      calls: [
        { kernelName: 'OnesLike', inputs: { x: { leaf: 0 } }, attrs: {} },
        { kernelName: 'Multiply', inputs: { a: { leaf: 1 }, b: at(0) }, attrs: {} },
        { kernelName: 'Multiply', inputs: { a: at(1), b: { leaf: 0 } }, attrs: {} },
      ],
      outputs: [{ name: 'y', value: at(2) }],
    });
    expect(opsOf(graph)).toEqual(['Mul']);
  });

  it('names the kernel that it cannot express', () => {
    const program: Program = {
      leaves: [float('x', [2])],
      calls: [{ kernelName: 'FFT', inputs: { x: { leaf: 0 } }, attrs: {} }],
      outputs: [{ name: 'y', value: at(0) }],
    };
    expect(() => programGraph(program)).toThrow('FFT(x: float32 [2])');
  });
});

describe('inferCall', () => {
  it('gives the types of the results', () => {
    const x = { type: 'float32' as const, shape: [2, 3, 4] };
    expect(inferCall('ArgMax', { inputs: { x }, attrs: { axis: 1 } })).toEqual([{ type: 'int32', shape: [2, 4] }]);
    expect(inferCall('Sum', { inputs: { x }, attrs: { axis: [0, 2], keepDims: true } })).toEqual([
      { type: 'float32', shape: [1, 3, 1] },
    ]);
  });

  it('refuses what ONNX cannot express', () => {
    const x = { type: 'bool' as const, shape: [2] };
    expect(inferCall('Add', { inputs: { a: x, b: x }, attrs: {} })).toBeUndefined();
    expect(inferCall('Relu', { inputs: { x: { type: 'float32', shape: [0, 3] } }, attrs: {} })).toBeUndefined();
  });
});
