import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseAdapter } from '../src/adapter.ts';
import { describeAdapter, isSoftwareAdapter, webgpu, webgpuBackend } from '../src/index.ts';
import { softwareAdapterEnv } from '../src/node.ts';
import { findGpu as findGpuInBrowser } from '../src/platform/browser.ts';
import { mayHaveVulkanDriver } from '../src/platform/vulkan-drivers.ts';

const info = (description: string, rest: Partial<GPUAdapterInfo> = {}) =>
  ({ vendor: '', architecture: '', device: '', description, ...rest }) as GPUAdapterInfo;

/** A navigator whose GPU answers with `adapter`. */
function stubNavigator(requestAdapter: (options?: GPURequestAdapterOptions) => Promise<GPUAdapter | null>): void {
  vi.stubGlobal('navigator', { gpu: { requestAdapter } });
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

describe('adapters', () => {
  test.each([
    ['SwiftShader driver 5.0.0', true],
    ['llvmpipe (LLVM 15.0.6, 256 bits)', true],
    ['Microsoft Basic Render Driver', true],
    ['NVIDIA GeForce RTX 4090', false],
    ['Intel(R) Iris(R) Xe Graphics', false],
    ['', false],
  ])('%j is software: %s', (description, software) => {
    expect(isSoftwareAdapter(info(description))).toBe(software);
  });

  test('a fallback adapter is software whatever its name', () => {
    expect(isSoftwareAdapter(info('Some GPU', { isFallbackAdapter: true } as Partial<GPUAdapterInfo>))).toBe(true);
  });

  test('are described by what the host tells', () => {
    expect(describeAdapter(info('RTX 4090', { vendor: 'nvidia', architecture: 'lovelace' }))).toBe(
      'RTX 4090 (nvidia lovelace)',
    );
    expect(describeAdapter(info('', { vendor: 'apple', architecture: 'metal-3' }))).toBe('apple metal-3');
    expect(describeAdapter(info(''))).toBe('unnamed adapter');
  });
});

describe('probe', () => {
  test('passes over a software adapter and says how to use it', async () => {
    vi.stubEnv('ZOO_WEBGPU_SOFTWARE', '');
    stubNavigator(async () => ({ info: info('SwiftShader driver 5.0.0') }) as GPUAdapter);
    expect(await webgpuBackend().probe()).toEqual({
      available: false,
      reason: 'only a software adapter (SwiftShader driver 5.0.0)',
      hint: 'set ZOO_WEBGPU_SOFTWARE=1, or pass allowSoftware: true, to use it',
    });
  });

  test.each(['option', 'environment'])('accepts a software adapter by %s', async (how) => {
    if (how === 'environment') vi.stubEnv('ZOO_WEBGPU_SOFTWARE', '1');
    stubNavigator(async (options) =>
      options?.forceFallbackAdapter ? ({ info: info('SwiftShader driver 5.0.0') } as GPUAdapter) : null,
    );
    const options = how === 'option' ? { allowSoftware: true } : {};
    expect(await webgpuBackend(options).probe()).toEqual({
      available: true,
      detail: 'SwiftShader driver 5.0.0, software adapter',
    });
  });

  test('says that there is no adapter', async () => {
    stubNavigator(async () => null);
    expect(await webgpuBackend({ allowSoftware: false }).probe()).toMatchObject({
      available: false,
      reason: 'no adapter: navigator.gpu offers no GPU',
    });
  });

  test('reports a driver that throws instead of throwing', async () => {
    stubNavigator(async () => {
      throw new Error('driver crashed');
    });
    expect(await webgpuBackend().probe()).toEqual({ available: false, reason: 'no adapter: driver crashed' });
  });

  test('asks for the GPU that the options name', async () => {
    const asked: unknown[] = [];
    stubNavigator(async (options) => {
      asked.push(options?.powerPreference);
      return { info: info('GPU') } as GPUAdapter;
    });
    await chooseAdapter({});
    await chooseAdapter({ powerPreference: 'low-power' });
    expect(asked).toEqual(['high-performance', 'low-power']);
  });

  test('init rejects with the reason and the hint', async () => {
    // The set-up may have started it already.
    if ('webgpu' in tf.engine().registryFactory) tf.removeBackend('webgpu');
    stubNavigator(async () => ({ info: info('llvmpipe') }) as GPUAdapter);
    await expect(webgpuBackend({ allowSoftware: false }).init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message:
        'WebGPU is not available: only a software adapter (llvmpipe) (set ZOO_WEBGPU_SOFTWARE=1, or pass allowSoftware: true, to use it).',
    });
  });
});

describe('in a browser', () => {
  test('an old browser and an insecure page are told apart', async () => {
    vi.stubGlobal('navigator', {});
    expect(await findGpuInBrowser()).toMatchObject({ reason: 'this browser has no WebGPU' });
    vi.stubGlobal('isSecureContext', false);
    expect(await findGpuInBrowser()).toMatchObject({ reason: 'WebGPU needs a secure page' });
  });
});

describe('software adapter in Node', () => {
  test('is the driver that the environment names', () => {
    expect(softwareAdapterEnv({ VK_ICD_FILENAMES: '/somewhere/icd.json' })).toEqual({
      ZOO_WEBGPU_SOFTWARE: '1',
      VK_ICD_FILENAMES: '/somewhere/icd.json',
    });
  });

  test('is found beside CHROME_BIN', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zoo-icd-'));
    const file = join(folder, 'vk_swiftshader_icd.json');
    writeFileSync(file, '{}');
    expect(softwareAdapterEnv({ CHROME_BIN: join(folder, 'chrome') })?.VK_ICD_FILENAMES).toBe(file);
    rmSync(folder, { recursive: true });
  });

  test('Vulkan drivers are looked for where the loader does', () => {
    const home = mkdtempSync(join(tmpdir(), 'zoo-vk-'));
    const env = { XDG_DATA_HOME: join(home, 'share') };
    const folder = join(home, 'share/vulkan/icd.d');
    const before = mayHaveVulkanDriver(env, 'linux');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'gpu_icd.json'), '{}');
    expect(mayHaveVulkanDriver(env, 'linux')).toBe(true);
    expect(mayHaveVulkanDriver({}, 'darwin')).toBe(true);
    expect(mayHaveVulkanDriver({ VK_DRIVER_FILES: '/x.json' }, 'linux')).toBe(true);
    rmSync(home, { recursive: true });
    expect(mayHaveVulkanDriver(env, 'linux')).toBe(before);
  });
});

test('the plug-in brings one backend named webgpu, above wasm', () => {
  expect(webgpu.name).toBe('@zoo/backend-webgpu');
  expect(webgpu.backends?.map(({ name, priority }) => [name, priority])).toEqual([['webgpu', 300]]);
});
