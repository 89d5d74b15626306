import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { densenet_d2l } from '@zoo/densenet';
import { decodeModel } from '@zoo/onnx';
import { modelMetadata } from '@zoo/weights';
import { saveSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();
const small = { blocks: [1, 1], growthRate: 4 };
const classes = ['a', 'b', 'c'];

beforeAll(async () => {
  const net = densenet_d2l({ ...small, numClasses: 3, seed: 1 });
  const options = { ...small, numClasses: 3 };
  const metadata = { ...modelMetadata({ name: 'densenet_d2l', options }), 'zoo.classes': JSON.stringify(classes) };
  await saveSafetensors(join(cwd, 'net.safetensors'), await net.stateDict(), metadata);
  net.dispose();
});

const read = async (name: string) => decodeModel(await readFile(join(cwd, name)));

describe('zoo export', () => {
  it('writes a file that knows its model, classes and input', async () => {
    const argv = ['export', 'densenet_d2l', '--weights', 'net.safetensors', '-o', 'net.onnx', '--dynamic-batch'];
    const { code, out, err } = await zoo(argv, { cwd });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^densenet_d2l as ONNX, opset 17, .+ KiB\nfile .*net\.onnx\n$/);
    const { graph, metadata } = await read('net.onnx');
    expect(graph.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['batch', 1, 96, 96] }]);
    expect(graph.outputs).toEqual([{ name: 'output', type: 'float32', shape: ['batch', 3] }]);
    expect(metadata).toMatchObject({ 'zoo.model': 'densenet_d2l', 'zoo.classes': JSON.stringify(classes) });
    expect(JSON.parse(metadata!['zoo.options']!)).toMatchObject(small);
    expect(JSON.parse(metadata!['zoo.input']!)).toMatchObject({ channels: 1, size: [96, 96] });
  });

  it('takes shape, layout and batch norms as told, and names the file after the model', async () => {
    const argv = [
      'export',
      'densenet_d2l',
      '-w',
      'net.safetensors',
      '--layout',
      'nhwc',
      '--input',
      '2,64,64,1',
      '--no-fold',
    ];
    const { code, out } = await zoo([...argv, '--json'], { cwd });
    expect(code).toBe(0);
    const { bytes, file } = JSON.parse(out);
    expect(bytes).toBe((await readFile(file)).byteLength);
    const { graph } = await read('densenet_d2l.onnx');
    expect(graph.inputs[0]!.shape).toEqual([2, 64, 64, 1]);
    expect(graph.nodes.some(({ opType }) => opType === 'BatchNormalization')).toBe(true);
  });

  it('leaves a former file alone when it fails', async () => {
    await writeFile(join(cwd, 'former.onnx'), 'former');
    const argv = ['export', 'densenet_d2l', '-w', 'net.safetensors', '-o', 'former.onnx', '--input', '1,96,96,1'];
    const { code, err } = await zoo(argv, { cwd });
    expect(code).toBe(1);
    expect(err).toContain('Give [1, 1, 96, 96]');
    expect(await readFile(join(cwd, 'former.onnx'), 'utf8')).toBe('former');
    expect((await readdir(cwd)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('asks for weights', async () => {
    const { code, err } = await zoo(['export', 'densenet_d2l'], { cwd });
    expect(code).toBe(2);
    expect(err).toContain('--weights');
  });
});
