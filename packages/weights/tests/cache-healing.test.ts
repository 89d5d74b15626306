import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StateDict, ZooErrorCode } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeSafetensors } from '../src/index.ts';
import { loadWeights } from '../src/node.ts';
import { commit, type HubServer, sha256, startHubServer } from './hub-server.ts';

const net: StateDict = new Map([['w', { dtype: 'float32', shape: [5000], data: new Float32Array(5000).fill(3) }]]);
const file = serializeSafetensors(net);
const damaged = file.slice(0, file.length - 100);
const torch = new Uint8Array(readFileSync(new URL('./fixtures/state-zip.pth', import.meta.url)));

let folder = '';
let cacheDir = '';
let server: HubServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-healing-'));
  cacheDir = join(folder, 'cache');
  server = await startHubServer();
  for (const name of ['ZOO_OFFLINE', 'HF_HUB_OFFLINE', 'HF_TOKEN']) vi.stubEnv(name, '');
  vi.stubEnv('HF_ENDPOINT', server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const load = (name: string, options: Parameters<typeof loadWeights>[1] = {}) =>
  loadWeights(`${server.url}/${name}`, { cacheDir, ...options });
const cached = (end: string): string[] =>
  (readdirSync(cacheDir, { recursive: true }) as string[])
    .filter((name) => name.endsWith(end))
    .map((name) => join(cacheDir, name));

describe('what cannot be weights is not cached', () => {
  it.each(['net.safetensors', 'net.pth', 'net.safetensors.index.json'])('as %s', async (name) => {
    server.files.set(name, new TextEncoder().encode('{"error": "try again"}'.padEnd(100)));
    if (!name.endsWith('.json')) {
      await expect(load(name)).rejects.toEqual(
        error('DOWNLOAD_FAILED', /begins neither as safetensors nor as a file of/),
      );
    }
    server.files.set(name, new TextEncoder().encode('Too many requests'));
    await expect(load(name)).rejects.toEqual(
      error('DOWNLOAD_FAILED', /begins neither as safetensors|is not an index of weight files/),
    );
    server.files.set(name, new Uint8Array(0));
    await expect(load(name)).rejects.toEqual(error('DOWNLOAD_FAILED', /is empty/));
    server.portal = true;
    await expect(load(name)).rejects.toEqual(error('DOWNLOAD_FAILED', /is a web page, not the file/));
    expect(cached(name)).toEqual([]);
    server.portal = false;
    if (name === 'net.safetensors') {
      server.files.set(name, file);
      expect(await load(name)).toEqual(net);
    }
  });

  it('from a hub either', async () => {
    server.files.set('model.safetensors', file);
    server.portal = true;
    await expect(loadWeights('hf:org/net', { cacheDir })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /did not answer with JSON/),
    );
    server.portal = false;
    expect(await loadWeights('hf:org/net', { cacheDir })).toEqual(net);
  });

  it('and what begins well but does not open leaves the cache', async () => {
    server.files.set('net.safetensors', damaged);
    await expect(load('net.safetensors')).rejects.toEqual(
      error('CORRUPT_FILE', /net\.safetensors.*It came so from the server; nothing was kept/),
    );
    expect(server.requests).toHaveLength(1);
    expect(cached('net.safetensors')).toEqual([]);
  });
});

describe('a damaged file of the cache', () => {
  it('is fetched again, once', async () => {
    server.files.set('net.safetensors', file);
    await load('net.safetensors');
    const [path] = cached('net.safetensors');
    for (const content of [damaged, new TextEncoder().encode('<!doctype html>'), new Uint8Array(0)]) {
      writeFileSync(path!, content);
      server.requests = [];
      expect(await load('net.safetensors')).toEqual(net);
      expect(server.requests).toEqual(['/net.safetensors']);
    }
    expect(await load('net.safetensors')).toEqual(net);
    expect(server.requests).toHaveLength(1);
  });

  it('is named when the server has it so, or cannot be reached', async () => {
    server.files.set('net.safetensors', file);
    await load('net.safetensors');
    const [path] = cached('net.safetensors');
    writeFileSync(path!, damaged);
    server.status = 404;
    await expect(load('net.safetensors')).rejects.toEqual(
      error('CORRUPT_FILE', /net\.safetensors: .* Fetching it again failed: .*HTTP 404/),
    );
    await expect(load('net.safetensors', { offline: true })).rejects.toEqual(error('CORRUPT_FILE', /again failed/));
    expect(readFileSync(path!)).toHaveLength(damaged.length);
    server.status = undefined;
    server.files.set('net.safetensors', damaged);
    server.requests = [];
    await expect(load('net.safetensors')).rejects.toEqual(
      error('CORRUPT_FILE', /It was fetched again and is still damaged; nothing was kept/),
    );
    expect(server.requests).toHaveLength(1);
    expect(cached('net.safetensors')).toEqual([]);
  });

  it('is left alone when it has its hash', async () => {
    const odd = torch.slice(0, torch.length - 50);
    const name = `net-${sha256(odd).slice(0, 8)}.pth`;
    server.files.set(name, odd);
    for (let i = 0; i < 2; i++) await expect(load(name)).rejects.toEqual(error('CORRUPT_FILE', /net-/));
    expect(server.requests).toHaveLength(1);
    expect(cached(name)).toHaveLength(1);
  });

  it('is fetched again from the hub, a shard alone', async () => {
    const map = { weight_map: { w: 'part.safetensors' } };
    server.files.set('all.safetensors.index.json', new TextEncoder().encode(JSON.stringify(map)));
    server.files.set('part.safetensors', file);
    for (const source of ['hf:org/net/all.safetensors.index.json', `hf:org/net@${commit}/all.safetensors.index.json`]) {
      expect(await loadWeights(source, { cacheDir })).toEqual(net);
      const [path] = cached('part.safetensors');
      writeFileSync(realpathSync(path!), damaged);
      server.requests = [];
      expect(await loadWeights(source, { cacheDir })).toEqual(net);
      expect(server.requests.filter((request) => request.includes('/resolve/'))).toEqual([
        `/org/net/resolve/${commit}/part.safetensors`,
      ]);
      expect(sha256(readFileSync(path!))).toBe(sha256(file));
    }
  });

  it('is not what the user put somewhere', async () => {
    const path = join(folder, 'mine.safetensors');
    writeFileSync(path, damaged);
    await expect(loadWeights(path, { cacheDir })).rejects.toEqual(error('CORRUPT_FILE', /mine\.safetensors/));
    expect(readFileSync(path)).toHaveLength(damaged.length);
    expect(server.requests).toEqual([]);
  });
});

it('a hub by plain http on another machine, and weights without a hash, are refused', async () => {
  await expect(loadWeights('hf:org/net', { cacheDir, endpoint: 'http://hub.example' })).rejects.toEqual(
    error('INVALID_ARGUMENT', /could be changed on the way\. Use https:/),
  );
  await expect(loadWeights('http://hub.example/net.pth', { cacheDir })).rejects.toEqual(
    error('INVALID_ARGUMENT', /could be changed on the way\. Use https:/),
  );
  const fetch = async () => new Response(file);
  const address = 'http://hub.example/net.safetensors';
  expect(await loadWeights(address, { cacheDir, fetch, sha256: sha256(file) })).toEqual(net);
  expect(await loadWeights(address, { cacheDir: join(folder, 'other'), fetch, allowInsecure: true })).toEqual(net);
});
