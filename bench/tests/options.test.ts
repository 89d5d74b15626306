import { describe, expect, it } from 'vitest';
import { allEngines, chosenEngines } from '../suite/engines.ts';
import { casesOf, groupNames } from '../suite/groups.ts';
import { parseOptions } from '../suite/options.ts';

describe('command line', () => {
  it('runs all groups on one thread by default', () => {
    expect(parseOptions([], {})).toEqual({
      groups: groupNames,
      threads: 1,
      workers: 1,
      images: 1000,
      pythons: ['/usr/bin/python3'],
      quick: false,
    });
  });

  it('reads names, lists and numbers', () => {
    const args = 'inference training inference --nets resnet18,vgg16 --batch 1,8 --engines wasm --rounds 3 --threads 2';
    expect(parseOptions([...args.split(' '), '--json', 'out.json'], { ZOO_PYTHON: 'python' })).toMatchObject({
      groups: ['inference', 'training'],
      nets: ['resnet18', 'vgg16'],
      batches: [1, 8],
      engines: ['wasm'],
      rounds: 3,
      threads: 2,
      workers: 2,
      pythons: ['python'],
      json: 'out.json',
    });
  });

  it.each([
    [['inferense'], "Unknown group 'inferense'. Did you mean 'inference'?"],
    [['--nets', 'resnet81'], "Unknown net 'resnet81'. Did you mean 'resnet18'?"],
    [['--batch', '1,x'], "--batch takes a whole number from 1, got 'x'."],
    [['--rounds', '0'], "--rounds takes a whole number from 1, got '0'."],
    [['--threads', '1.5'], "--threads takes a whole number from 1, got '1.5'."],
    [['--max-seconds', ''], "--max-seconds takes a whole number from 1, got ''."],
    [['--round', '3'], "Unknown option '--round'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message);
  });

  it('shows the usage with an option that it does not know', () => {
    expect(() => parseOptions(['--nope'], {})).toThrow('pnpm bench [GROUP ...] [options]');
  });
});

describe('engines', () => {
  const engines = allEngines(['python3', 'other/python']);
  const names = (list: typeof engines) => list.map(({ name }) => name);

  it('puts peers before ours, and a second PyTorch beside the first', () => {
    expect(names(engines).slice(0, 5)).toEqual(['pytorch', 'pytorch-2', 'onnxruntime', 'tfjs-node', 'tfjs-wasm']);
    expect(names(engines.filter(({ kind }) => kind === 'ours'))).toEqual(expect.arrayContaining(['wasm', 'cpu']));
  });

  it('keeps the peers of the ratios beside the engines that are named', () => {
    expect(names(chosenEngines(engines, ['wasm']))).toEqual(['pytorch', 'onnxruntime', 'wasm']);
  });

  it('refuses an unknown engine with the nearest name', () => {
    expect(() => chosenEngines(engines, ['wasn'])).toThrow("Unknown engine 'wasn'. Did you mean 'wasm'?");
  });

  it('spares plain JavaScript all but small batches of LeNet', () => {
    const cpu = engines.find(({ name }) => name === 'cpu')!;
    expect(cpu.does({ group: 'training', net: 'lenet5_relu', batch: 8 })).toBe(true);
    expect(cpu.does({ group: 'training', net: 'resnet18', batch: 1 })).toBe(false);
  });
});

describe('cases', () => {
  const usual = { images: 10, quick: false };

  it('times ResNet-18 training at 96 and 224', () => {
    const cases = casesOf({ ...usual, groups: ['training'], nets: ['resnet18'] });
    expect(cases.map(({ batch, size }) => [batch, size])).toEqual([
      [8, 96],
      [8, 224],
    ]);
  });

  it('replaces batch sizes and keeps the image sizes of each net', () => {
    const cases = casesOf({ ...usual, groups: ['inference'], nets: ['inception_v3'], batches: [4] });
    expect(cases.map(({ batch, size }) => [batch, size])).toEqual([[4, 299]]);
  });

  it('says which nets there are when none is left', () => {
    expect(() => casesOf({ ...usual, groups: ['features'], nets: ['vgg16'] })).toThrow(
      'Nothing to run: features has resnet18, none of them vgg16.',
    );
  });

  it('has one small case per group in quick mode', () => {
    const cases = casesOf({ images: 8, quick: true, groups: groupNames });
    expect(cases.map(({ group }) => group)).toEqual(groupNames);
    expect(Math.max(...cases.map(({ batch }) => batch))).toBeLessThanOrEqual(8);
  });
});
