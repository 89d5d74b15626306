import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostTensor, type StateDict, sharedRegistry, type ZooErrorCode } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { adaptStateDict, loadInto, modelMetadata } from '../src/index.ts';
import { loadModel, saveSafetensors, weights } from '../src/node.ts';
import { type HubServer, sha256, startHubServer } from './hub-server.ts';
import { Net, record, registryOf } from './small-nets.ts';

const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const values = (tensor: HostTensor | undefined): number[] => Array.from(tensor!.data as Float32Array, Number);

/** The state dict of a net of 10 classes and 3 channels, its tensors counting up from 0. */
async function counting(net = new Net()): Promise<StateDict> {
  const state = await net.stateDict();
  for (const [name, { dtype, shape, data }] of state) {
    if (dtype === 'float32') state.set(name, { dtype, shape, data: Float32Array.from(data, (_, i) => i) });
  }
  return state;
}

let folder = '';
let path = '';
let state: StateDict;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-model-'));
  path = join(folder, 'net.safetensors');
  state = await counting();
  await saveSafetensors(path, state);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('adaptStateDict', () => {
  it('changes nothing where all fits', () => {
    expect(adaptStateDict(state, new Net(), { numClasses: 10, inChannels: 3 })).toEqual({
      state,
      dropped: [],
      adapted: [],
    });
  });

  it('leaves out the classifier of another number of classes, with a notice', () => {
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    const adapted = adaptStateDict(state, new Net({ numClasses: 5 }), { numClasses: 5, onNotice });
    expect(adapted.dropped).toEqual(['fc.weight', 'fc.bias']);
    expect([...adapted.state.keys()]).toEqual([...state.keys()].filter((name) => !name.startsWith('fc.')));
    expect(notices).toEqual([
      `'fc.weight' is for 10 classes, not 5: it keeps its initial values.`,
      `'fc.bias' is for 10 classes, not 5: it keeps its initial values.`,
    ]);
    expect(adaptStateDict(state, new Net({ numClasses: 0 }), { numClasses: 0 }).dropped).toEqual([
      'fc.weight',
      'fc.bias',
    ]);
    expect(adaptStateDict(state, new Net({ numClasses: 5 })).dropped).toEqual([]);
  });

  it('sums the first kernel for one channel, repeats and scales it for more', () => {
    const kernel = values(state.get('conv1.weight')); // [4, 3, 2, 2], 0 to 47
    const to = (inChannels: number) =>
      adaptStateDict(state, new Net({ inChannels }), { inChannels }).state.get('conv1.weight')!;
    expect(to(1).shape).toEqual([4, 1, 2, 2]);
    expect(values(to(1)).slice(0, 4)).toEqual([0 + 4 + 8, 1 + 5 + 9, 2 + 6 + 10, 3 + 7 + 11]);
    expect(to(5).shape).toEqual([4, 5, 2, 2]);
    const first = [...kernel.slice(0, 12), ...kernel.slice(0, 8)].map((v) => Math.fround(v * 0.6));
    expect(values(to(5)).slice(0, 20)).toEqual(first);
    expect(values(to(2)).slice(0, 8)).toEqual(kernel.slice(0, 8).map((v) => v * 1.5));
  });

  it('renames keys, drops what the map refuses, and flattens kernels over the whole map', async () => {
    const old: StateDict = new Map([...state].map(([name, tensor]) => [`old.${name}`, tensor]));
    old.set('aux.weight', state.get('fc.bias')!);
    const fc = state.get('fc.weight')!;
    old.set('old.fc.weight', { ...fc, shape: [10, 1, 2, 2] } as HostTensor);
    const keyMap = (key: string) => (key.startsWith('aux.') ? undefined : key.replace('old.', ''));
    const adapted = adaptStateDict(old, new Net(), { keyMap });
    expect(adapted).toEqual({ state, dropped: ['aux.weight'], adapted: ['fc.weight'] });
  });
});

describe('loadInto', () => {
  it('fills a net without ever running an initializer, and tells what it left', async () => {
    const net = new Net({ numClasses: 5, inChannels: 1 });
    const report = await loadInto(net, state, { numClasses: 5, inChannels: 1 });
    expect(report).toEqual({
      missing: [],
      unexpected: [],
      dropped: ['fc.weight', 'fc.bias'],
      adapted: ['conv1.weight'],
    });
    const loaded = await net.stateDict();
    expect(values(loaded.get('conv2.weight'))).toEqual(values(state.get('conv2.weight')));
    expect(values(loaded.get('fc.bias'))).toEqual([-1, -1, -1, -1, -1]);
  });

  it('loads nothing when something does not fit, and names it', async () => {
    const net = new Net({ width: 8 });
    state.set('more.weight', state.get('fc.bias')!);
    state.delete('bn.running_mean');
    await expect(loadInto(net, state)).rejects.toEqual(
      error(
        'STATE_DICT_MISMATCH',
        /does not fit Net; nothing was loaded.*Missing.*bn\.running_mean.*more\.weight.*conv2\.weight: the net has \[8, 4, 1, 1\], the file \[4, 4, 1, 1\]/s,
      ),
    );
    expect(values((await net.stateDict()).get('conv1.bias'))).toEqual([-1, -1, -1, -1]);
    const fitting = new Net();
    expect(await loadInto(fitting, state, { strict: false })).toMatchObject({
      missing: ['bn.running_mean'],
      unexpected: ['more.weight'],
    });
  });

  it('accepts files without batch counters, and can be stopped', async () => {
    state.delete('bn.num_batches_tracked');
    expect((await loadInto(new Net(), state)).missing).toEqual([]);
    const stopped = loadInto(new Net(), state, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toEqual(error('INTERRUPTED', /half loaded/));
  });
});

describe('registry.load', () => {
  const quiet = { onNotice: () => {} };

  it('builds a net with the weights of a file', async () => {
    const net = await registryOf().use(weights).load('net', { weights: path });
    expect(net).toBeInstanceOf(Net);
    expect(await net.stateDict()).toEqual(state);
  });

  it('adapts to the options given', async () => {
    const notices: string[] = [];
    const options = { weights: path, numClasses: 2, inChannels: 1, onNotice: (n: string) => void notices.push(n) };
    const net = await registryOf().use(weights).load('net', options);
    expect(net.fc).toMatchObject({ weight: { shape: [2, 4] } });
    expect(notices).toEqual([
      expect.stringMatching(/net\.safetensors: 'conv1\.weight' was adapted from 3 input channels to 1/),
      expect.stringMatching(/'fc\.weight' is for 10 classes, not 2/),
      expect.stringMatching(/'fc\.bias'/),
    ]);
  });

  it('takes the options that the file names, unless others are given', async () => {
    await saveSafetensors(
      path,
      await counting(new Net({ numClasses: 7 })),
      modelMetadata({ name: 'net', options: { numClasses: 7 } }),
    );
    const registry = registryOf().use(weights);
    expect((await registry.load('net', { weights: path })).fc).toMatchObject({ weight: { shape: [7, 4] } });
    const other = await registry.load('net', { weights: path, numClasses: 3, ...quiet });
    expect(other.fc).toMatchObject({ weight: { shape: [3, 4] } });
  });

  it('says which registered net a file of another one looks like', async () => {
    const registry = registryOf().use(weights);
    await expect(registry.load('wide_net', { weights: path })).rejects.toEqual(
      error(
        'STATE_DICT_MISMATCH',
        /net\.safetensors does not fit Net; nothing was loaded\. Its tensors look like 'net'\./,
      ),
    );
    await expect(registry.load('net', { weights: path, numClasses: 2, width: 8, ...quiet })).rejects.toEqual(
      error('STATE_DICT_MISMATCH', /conv2\.weight: the net has \[8, 4, 1, 1\]/),
    );
  });

  it('needs weights, and knows its records', async () => {
    const registry = registryOf({ IMAGENET1K_V1: record('https://example.com/net.pth') });
    await expect(loadModel(registry, 'net', { weights: 'IMAGENET1K_V2' })).rejects.toEqual(
      error('UNKNOWN_NAME', /Unknown weight record of net 'IMAGENET1K_V2'\. Did you mean 'IMAGENET1K_V1'/),
    );
    await expect(loadModel(registry, 'net', { weights: '' })).rejects.toEqual(
      error('INVALID_ARGUMENT', /needs weights/),
    );
    const record1 = loadModel(registry, 'net', { weights: 'IMAGENET1K_V1', offline: true });
    await expect(record1).rejects.toEqual(error('FILE_NOT_FOUND', /example\.com\/net\.pth is not in the cache/));
  });

  it('works in every registry once the register entry is imported', async () => {
    await import('../src/register.ts');
    expect(sharedRegistry().plugins()).toContain('@zoo/weights');
    expect(await (await registryOf().load('net', { weights: path })).stateDict()).toEqual(state);
  });
});

describe('a weight record', () => {
  let server: HubServer;
  beforeEach(async () => {
    server = await startHubServer();
  });
  afterEach(() => server.close());

  it('gives address, hash, names, options and preprocessing', async () => {
    const old: StateDict = new Map([...state].map(([name, tensor]) => [`old.${name}`, tensor]));
    const file = join(folder, 'old.safetensors');
    await saveSafetensors(file, old);
    const bytes = new Uint8Array(readFileSync(file));
    server.files.set('old.safetensors', bytes);
    const v1 = record(`${server.url}/old.safetensors`, {
      hashPrefix: sha256(bytes).slice(0, 8),
      keyMap: (key) => key.replace('old.', ''),
      options: { inChannels: 3 },
    });
    const net = await registryOf({ V1: v1 }).use(weights).load('net', { weights: 'V1' });
    expect(await net.stateDict()).toEqual(state);
    expect(net.inputSpec).toBe(v1.inputSpec);
    const grey = await registryOf({ V1: v1 })
      .use(weights)
      .load('net', { weights: 'V1', inChannels: 1, onNotice: () => {} });
    expect(grey.inputSpec.size).toEqual([8, 8]);
    expect(server.requests).toHaveLength(1);
    const wrong = { ...v1, url: `${server.url}/old.safetensors?2`, hashPrefix: 'deadbeef' };
    await expect(registryOf({ V1: wrong }).use(weights).load('net', { weights: 'V1' })).rejects.toEqual(
      error('CHECKSUM_MISMATCH', /expected deadbeef/),
    );
  });
});

describe('a torch checkpoint', () => {
  it('that is damaged leaves the file and says so', async () => {
    const torch = readFileSync(new URL('./fixtures/state-zip.pth', import.meta.url));
    const damaged = join(folder, 'cut.pth');
    writeFileSync(damaged, torch.subarray(0, 3000));
    await expect(registryOf().use(weights).load('net', { weights: damaged })).rejects.toEqual(
      error('CORRUPT_FILE', /cut\.pth: the archive has no end record; the file was cut short/),
    );
  });
});
