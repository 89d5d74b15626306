import { readFileSync } from 'node:fs';
import { createRegistry, type StateDict, type ZooErrorCode } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadWeights, weights } from '../src/browser.ts';
import { serializeSafetensors } from '../src/index.ts';
import { commit, type HubServer, sha256, startHubServer } from './hub-server.ts';
import { record, registryOf } from './small-nets.ts';

const net: StateDict = new Map([['w', { dtype: 'float32', shape: [50_000], data: new Float32Array(50_000).fill(3) }]]);
const file = serializeSafetensors(net);

/** The browser's cache storage as far as it is used, in memory. */
class FakeCaches {
  readonly stored = new Map<string, Uint8Array<ArrayBuffer>>();
  full = false;

  async open(name: string) {
    return {
      match: async (url: string) => {
        const bytes = this.stored.get(`${name} ${url}`);
        return bytes && new Response(bytes);
      },
      put: async (url: string, response: Response) => {
        if (this.full) throw new Error('QuotaExceededError');
        this.stored.set(`${name} ${url}`, new Uint8Array(await response.arrayBuffer()));
      },
      delete: async (url: string) => this.stored.delete(`${name} ${url}`),
    };
  }
}

let server: HubServer;
let caches: FakeCaches;
beforeEach(async () => {
  server = await startHubServer();
  server.files.set('net.safetensors', file);
  caches = new FakeCaches();
  vi.stubGlobal('caches', caches);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

const address = (): string => `${server.url}/net.safetensors`;
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('weights in a browser', () => {
  it('come from the network once, then from the cache', async () => {
    const loaded: number[] = [];
    const expected = { sha256: sha256(file) };
    expect(await loadWeights(address(), { ...expected, onProgress: (p) => loaded.push(p.loaded, p.total!) })).toEqual(
      net,
    );
    expect(loaded.at(-2)).toBe(file.length);
    expect(loaded.at(-1)).toBe(file.length);
    expect(await loadWeights(address(), expected)).toEqual(net);
    expect(await loadWeights(address(), { offline: true })).toEqual(net);
    expect(server.requests).toHaveLength(1);
    expect([...caches.stored.keys()]).toEqual([`zoo-weights ${address()}`]);
  });

  it('go on after a cut connection', async () => {
    server.stallAfter = 60_000;
    let broken = false;
    const onProgress = (): void => {
      if (!broken) server.breakConnections();
      broken = true;
    };
    expect(await loadWeights(address(), { onProgress })).toEqual(net);
    expect(server.requests[1]).toMatch(/ bytes=\d+-$/);
  });

  it('are not kept when their hash is wrong, and replaced when the cache has others', async () => {
    server.flip = true;
    await expect(loadWeights(address(), { sha256: sha256(file) })).rejects.toEqual(
      error('CHECKSUM_MISMATCH', /net\.safetensors has SHA-256 [0-9a-f]{64}, expected/),
    );
    expect(caches.stored.size).toBe(0);
    server.flip = false;
    caches.stored.set(`zoo-weights ${address()}`, new Uint8Array(5));
    expect(await loadWeights(address(), { sha256: sha256(file) })).toEqual(net);
    expect(caches.stored.get(`zoo-weights ${address()}`)).toEqual(file);
  });

  it('load without a cache or with a full one', async () => {
    caches.full = true;
    const notices: string[] = [];
    expect(await loadWeights(address(), { onNotice: (n) => notices.push(n) })).toEqual(net);
    expect(notices).toEqual([expect.stringMatching(/could not be kept.*QuotaExceeded/)]);
    vi.stubGlobal('caches', undefined);
    expect(await loadWeights(address())).toEqual(net);
  });

  it('come from the hub, at the commit that it lists', async () => {
    server.files.set('model.safetensors', file);
    const options = { endpoint: server.url };
    expect(await loadWeights('hf:org/net', options)).toEqual(net);
    expect(server.requests.at(-1)).toBe(`/org/net/resolve/${commit}/model.safetensors`);
    expect(await loadWeights(`hf:org/net@${commit}`, { ...options, offline: true })).toEqual(net);
    server.flip = true;
    caches.stored.clear();
    await expect(loadWeights('hf:org/net', options)).rejects.toEqual(error('CHECKSUM_MISMATCH', /model\.safetensors/));
  });

  it('come in shards', async () => {
    const index = { weight_map: { w: 'net.safetensors' } };
    server.files.set('all.safetensors.index.json', new TextEncoder().encode(JSON.stringify(index)));
    expect(await loadWeights(`${server.url}/all.safetensors.index.json`)).toEqual(net);
  });

  it('come from a chosen file or bytes, PyTorch files too', async () => {
    const torch = new Uint8Array(readFileSync(new URL('./fixtures/state-zip.pth', import.meta.url)));
    expect((await loadWeights(new Blob([torch]))).get('scalar')!.shape).toEqual([]);
    expect(await loadWeights(file)).toEqual(net);
    expect(await loadWeights(file.buffer)).toEqual(net);
    await expect(loadWeights(new Blob(['<html>']))).rejects.toEqual(error('CORRUPT_FILE', /blob/));
  });

  it('say why they do not come', async () => {
    await expect(loadWeights(`${server.url}/none.pth`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', /none\.pth answered HTTP 404/),
    );
    await expect(loadWeights(address(), { offline: true })).rejects.toEqual(error('FILE_NOT_FOUND', /offline is set/));
    await expect(loadWeights('net.pth')).rejects.toEqual(error('NOT_SUPPORTED', /A browser cannot open 'net\.pth'/));
    const aborted = loadWeights(address(), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toEqual(error('INTERRUPTED', /was stopped/));
    await expect(loadWeights('http://127.0.0.1:1/net.pth')).rejects.toEqual(
      error('DOWNLOAD_FAILED', /Could not reach http:..127\.0\.0\.1:1.net\.pth: fetch failed/),
    );
  });

  it('are not kept when they are a web page, empty or do not open; and are fetched again when the cache has such', async () => {
    server.portal = true;
    await expect(loadWeights(address())).rejects.toEqual(error('DOWNLOAD_FAILED', /is a web page, not the file/));
    server.portal = false;
    server.files.set('net.safetensors', new Uint8Array(0));
    await expect(loadWeights(address())).rejects.toEqual(error('DOWNLOAD_FAILED', /is empty/));
    const damaged = file.slice(0, -100);
    server.files.set('net.safetensors', damaged);
    await expect(loadWeights(address())).rejects.toEqual(error('CORRUPT_FILE', /It came so from the server; nothing/));
    expect(caches.stored.size).toBe(0);
    caches.stored.set(`zoo-weights ${address()}`, damaged);
    await expect(loadWeights(address(), { offline: true })).rejects.toEqual(error('CORRUPT_FILE', /net\.safetensors/));
    expect(caches.stored.size).toBe(1);
    await expect(loadWeights(address())).rejects.toEqual(error('CORRUPT_FILE', /fetched again and is still damaged/));
    expect(caches.stored.size).toBe(0);
    caches.stored.set(`zoo-weights ${address()}`, damaged);
    server.files.set('net.safetensors', file);
    server.requests = [];
    expect(await loadWeights(address())).toEqual(net);
    expect(await loadWeights(address())).toEqual(net);
    expect(server.requests).toHaveLength(1);
  });

  it('are never of two versions, and end at a limit', async () => {
    const other = serializeSafetensors(
      new Map([['w', { dtype: 'float32', shape: [50_000], data: new Float32Array(50_000).fill(4) }]]),
    );
    server.stallAfter = 60_000;
    let broken = false;
    const onProgress = (): void => {
      if (!broken) {
        server.etag = '"v2"';
        server.files.set('net.safetensors', other);
        server.breakConnections();
      }
      broken = true;
    };
    expect((await loadWeights(address(), { onProgress })).get('w')!.data[49_999]).toBe(4);
    expect(caches.stored.get(`zoo-weights ${address()}`)).toEqual(other);
    expect(server.requests.at(-1)).toBe('/net.safetensors');
    caches.stored.clear();
    await expect(loadWeights(address(), { maxBytes: 1000 })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /has more than 1000 bytes, the limit set by maxBytes/),
    );
    expect(caches.stored.size).toBe(0);
  });

  it('that a page may not read are explained, with the hosts that allow it', async () => {
    vi.stubGlobal('location', new URL('https://page.example/app/'));
    const fetch = async (): Promise<Response> => {
      throw new TypeError('Failed to fetch');
    };
    await expect(loadWeights('https://weights.example/net.pth', { fetch })).rejects.toEqual(
      error(
        'DOWNLOAD_FAILED',
        /either weights\.example cannot be reached, or it does not allow pages of https:\/\/page\.example .*CORS.*hf:/,
      ),
    );
    await expect(loadWeights('net.pth', { fetch })).rejects.toEqual(
      error(
        'DOWNLOAD_FAILED',
        /Could not reach https:\/\/page\.example\/app\/net\.pth: page\.example cannot be reached/,
      ),
    );
    vi.stubGlobal('navigator', { onLine: false });
    await expect(loadWeights('https://weights.example/net.pth', { fetch })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /this browser is offline/),
    );
    vi.stubGlobal('fetch', fetch);
    const mirrored = { V1: record('https://weights.example/net.pth'), V2: record('hf:org/net') };
    await expect(registryOf(mirrored).use(weights).load('net', { weights: 'V1' })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /Other hosts have these weights of net: V2 \(hf:org\/net\)\.$/),
    );
  });

  it('fill a registered net', async () => {
    const registry = registryOf({ V1: record(`${server.url}/small.safetensors`) }).use(weights);
    const state = await registry.create('net').stateDict();
    server.files.set('small.safetensors', serializeSafetensors(state));
    expect(await (await registry.load('net', { weights: 'V1' })).stateDict()).toEqual(state);
    expect(createRegistry().use(weights).plugins()).toEqual(['@zoo/weights']);
  });
});
