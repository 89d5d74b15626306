import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, sharedRegistry } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeEngine, findEngine } from '../src/engine.ts';
import { missingCudaDevice } from '../src/gpu-device.ts';
import { type Host, nodeHost } from '../src/host.ts';
import { cuda, cudaBackend, tensorflowBackend } from '../src/index.ts';
import { restoreUtilHelpers } from '../src/node-shim.ts';

const GPU = '@tensorflow/tfjs-node-gpu';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-cuda-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A machine on which nothing is installed but what ZOO_TFJS_NODE names. */
function bareHost(changes: Partial<Host> = {}): Host {
  const host = nodeHost()!;
  const createRequire = () => ({
    resolve: () => {
      throw new Error('Cannot find module');
    },
  });
  return {
    ...host,
    env: {},
    module: { ...host.module, createRequire } as unknown as Host['module'],
    ...changes,
  };
}

function installPackage({ addon }: { addon: boolean }): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: GPU, version: '4.22.0' }));
  if (!addon) return;
  mkdirSync(join(folder, 'lib/napi-v8'), { recursive: true });
  writeFileSync(join(folder, 'lib/napi-v8/tfjs_binding.node'), '');
}

describe('finding the package', () => {
  it('says which package to install when there is none', () => {
    expect(describeEngine(findEngine([GPU], bareHost()))).toEqual({
      available: false,
      reason: `${GPU} is not installed beside @zoo/backend-cuda`,
      hint: `npm install ${GPU}@4.22.0`,
    });
  });

  it('says when ZOO_TFJS_NODE points nowhere', () => {
    const found = findEngine([GPU], bareHost({ env: { ZOO_TFJS_NODE: join(folder, 'nowhere') } }));
    expect(found).toMatchObject({ reason: expect.stringContaining('ZOO_TFJS_NODE=') });
  });

  it('says how to get a missing native addon', () => {
    installPackage({ addon: false });
    const probe = describeEngine(findEngine([GPU], bareHost({ env: { ZOO_TFJS_NODE: folder } })));
    expect(probe).toMatchObject({
      available: false,
      reason: expect.stringContaining('tfjs_binding.node is missing'),
      hint: expect.stringContaining(`npm rebuild ${GPU}`),
    });
  });

  it('finds a built package, and names the Node version and what was done for it', () => {
    installPackage({ addon: true });
    const env = { ZOO_TFJS_NODE: folder };
    const old = bareHost({ env, versions: { ...process.versions, node: '20.19.0' } });
    const recent = bareHost({ env, versions: { ...process.versions, node: '24.1.0' } });
    expect(describeEngine(findEngine([GPU], old))).toEqual({
      available: true,
      detail: `${GPU} 4.22.0 on Node 20.19.0`,
    });
    expect(describeEngine(findEngine([GPU], recent))).toMatchObject({ detail: expect.stringContaining('restored') });
  });

  it('does not look into the working folder or above it', () => {
    const planted = join(folder, 'node_modules', GPU);
    mkdirSync(join(planted, 'lib/napi-v8'), { recursive: true });
    writeFileSync(join(planted, 'package.json'), JSON.stringify({ name: GPU, version: '4.22.0' }));
    writeFileSync(join(planted, 'lib/napi-v8/tfjs_binding.node'), '');
    mkdirSync(join(folder, 'inner'));
    const before = process.cwd();
    try {
      for (const cwd of [folder, join(folder, 'inner')]) {
        process.chdir(cwd);
        expect(findEngine([GPU], { ...nodeHost()!, env: {} }).located?.folder).not.toBe(planted);
      }
    } finally {
      process.chdir(before);
    }
  });

  it('does not take one package for the other', () => {
    installPackage({ addon: true });
    const found = findEngine(['@tensorflow/tfjs-node'], bareHost({ env: { ZOO_TFJS_NODE: folder } }));
    expect(found.located).toBeUndefined();
  });
});

describe('looking for a CUDA device', () => {
  const withFiles = (...files: string[]) =>
    bareHost({ fs: { ...nodeHost()!.fs, existsSync: (file) => files.includes(String(file)) } });

  it('sees a driver', () => expect(missingCudaDevice(withFiles('/dev/nvidia0'))).toBeUndefined());

  it('says when there is none', () => expect(missingCudaDevice(withFiles())).toContain('no NVIDIA GPU'));

  it.each(['', '-1'])('respects CUDA_VISIBLE_DEVICES=%j', (value) => {
    const host = { ...withFiles('/dev/nvidia0'), env: { CUDA_VISIBLE_DEVICES: value } };
    expect(missingCudaDevice(host)).toContain('hides every GPU');
  });
});

describe('the shim for Node >= 23', () => {
  it('brings back what tfjs-node calls, and keeps what is there', () => {
    const isArray = () => false;
    const util: Record<string, unknown> = { isArray };
    restoreUtilHelpers({ util } as unknown as Host);
    const isNullOrUndefined = util['isNullOrUndefined'] as (value: unknown) => boolean;
    expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
    expect(util['isArray']).toBe(isArray);
  });
});

describe('the plug-in', () => {
  it('offers CUDA before everything and libtensorflow on the CPU between WebGPU and WASM', () => {
    expect(cudaBackend().priority).toBe(400);
    expect(tensorflowBackend().priority).toBe(250);
    const names = createRegistry()
      .use(cuda)
      .backends()
      .map(({ name }) => name);
    expect(names).toEqual(['cuda', 'tensorflow']);
  });

  it('registers itself', async () => {
    await import('../src/register.ts');
    expect(sharedRegistry().plugins()).toContain('@zoo/backend-cuda');
  });

  it('answers a probe with a reason or a detail, never an error', async () => {
    for (const backend of [cudaBackend(), tensorflowBackend()]) {
      const probe = await backend.probe();
      expect(probe.available ? probe.detail : probe.reason).toMatch(/\w/);
    }
  });
});
