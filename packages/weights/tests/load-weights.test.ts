import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { StateDict, ZooErrorCode } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeSafetensors } from '../src/index.ts';
import { type LoadWeightsOptions, loadWeights, openSafetensors, openWeights } from '../src/node.ts';
import { commit, type HubServer, sha256, startHubServer } from './hub-server.ts';

const one = (name: string, value: number, size = 4): StateDict =>
  new Map([[name, { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(value) }]]);
const net = new Map([...one('a', 1, 50_000), ...one('b', 2)]);
const netFile = serializeSafetensors(net, { format: 'pt' });
const index = (map: Record<string, unknown>): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: map }));

let folder = '';
let server: HubServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-load-'));
  server = await startHubServer();
  for (const name of ['ZOO_OFFLINE', 'HF_HUB_OFFLINE', 'HF_HUB_CACHE', 'HF_HOME', 'HF_TOKEN']) vi.stubEnv(name, '');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('HF_ENDPOINT', server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const refused = (source: string, options?: LoadWeightsOptions) => expect(loadWeights(source, options)).rejects;
const allFiles = (root: string): string[] => (readdirSync(root, { recursive: true }) as string[]).sort();

describe('a local file', () => {
  it('is read by its content, whatever its name', async () => {
    const path = write('net.bin', netFile);
    expect(await loadWeights(path)).toEqual(net);
    expect(await loadWeights(pathToFileURL(path))).toEqual(net);
    const torch = fileURLToPath(new URL('./fixtures/checkpoint-zip.pth', import.meta.url));
    cpSync(torch, join(folder, 'net.pt'));
    const notices: string[] = [];
    const state = await loadWeights(join(folder, 'net.pt'), { onNotice: (n) => notices.push(n) });
    expect([...state.keys()]).toContain('0.weight');
    expect(notices).toEqual([expect.stringMatching(/net\.pt: .*'module\.'/)]);
  });

  it('is checked against a SHA-256', async () => {
    const path = write('net.safetensors', netFile);
    expect(await loadWeights(path, { sha256: sha256(netFile).toUpperCase() })).toEqual(net);
    await refused(path, { sha256: 'f'.repeat(64) }).toEqual(error('CHECKSUM_MISMATCH', /net\.safetensors has SHA-256/));
  });

  it('that is missing, empty or something else is named', async () => {
    await refused(join(folder, 'none.pth')).toEqual(error('FILE_NOT_FOUND', /No such file: .*none\.pth/));
    await refused(write('empty.pth', new Uint8Array(0))).toEqual(error('CORRUPT_FILE', /empty\.pth: 0 bytes/));
    const page = new TextEncoder().encode('<!doctype html><title>Not found</title>');
    await refused(write('page.pth', page)).toEqual(error('CORRUPT_FILE', /page\.pth/));
    await refused('').toEqual(error('INVALID_ARGUMENT', /empty/));
    await refused('ftp://x/net.pth').toEqual(error('INVALID_ARGUMENT', /https:, hf: or a path/));
    await refused('http://example.com/net.pth').toEqual(error('INVALID_ARGUMENT', /Use https/));
    await refused('hf:net').toEqual(error('INVALID_ARGUMENT', /hf:org\/name/));
    await refused('hf:org/net/../../x').toEqual(error('INVALID_ARGUMENT', /outside the repository/));
    await refused('hf:org/..').toEqual(error('INVALID_ARGUMENT', /hf:org\/name/));
  });
});

describe('openSafetensors', () => {
  it('reads one tensor at a time, and notices a file that shrank', async () => {
    const path = write('net.safetensors', netFile);
    const file = await openSafetensors(path);
    expect(file.tensors.get('a')).toEqual({ dtype: 'float32', shape: [50_000] });
    expect(file.metadata).toEqual({ format: 'pt' });
    const b = await file.read('b');
    expect(b).toEqual(net.get('b'));
    expect(b.data.buffer.byteLength).toBe(16);
    await expect(file.read('c')).rejects.toEqual(error('UNKNOWN_NAME', /net\.safetensors has no tensor 'c'/));
    truncateSync(path, 1000);
    await expect(file.read('b')).rejects.toEqual(error('CORRUPT_FILE', /shrank/));
    await file.close();
    await expect(file.read('b')).rejects.toEqual(error('FILE_NOT_FOUND', /Could not read/));
  });
});

describe('a sharded file', () => {
  const map = { a: 'net-1.safetensors', b: 'net-2.safetensors' };

  it('is one state dict in the order of its index', async () => {
    write('net-1.safetensors', serializeSafetensors(one('a', 1)));
    write('net-2.safetensors', serializeSafetensors(one('b', 2)));
    const path = write('net.safetensors.index.json', index({ b: map.b, a: map.a }));
    expect(await loadWeights(path)).toEqual(new Map([...one('b', 2), ...one('a', 1)]));
  });

  it.each([
    ['a shard is missing', index({ ...map, c: 'net-3.safetensors' }), 'FILE_NOT_FOUND', /net-3\.safetensors/],
    ['a tensor is not in its shard', index({ a: map.b }), 'CORRUPT_FILE', /'a' is not in net-2\.safetensors/],
    ['a shard is elsewhere', index({ a: '../net-1.safetensors' }), 'CORRUPT_FILE', /'a' is in "\.\.\/net-1/],
    ['a shard is absolute', index({ a: '/etc/net.safetensors' }), 'CORRUPT_FILE', /not a safetensors file beside/],
    ['a shard is no text', index({ a: 3 }), 'CORRUPT_FILE', /'a' is in 3/],
    ['it lists nothing', index({}), 'CORRUPT_FILE', /lists no tensors/],
    ['it is not JSON', new TextEncoder().encode('{'), 'CORRUPT_FILE', /not JSON/],
    ['it has no map', new TextEncoder().encode('[]'), 'CORRUPT_FILE', /no 'weight_map'/],
  ] as const)('is refused when %s', async (_, content, code, message) => {
    write('net-1.safetensors', serializeSafetensors(one('a', 1)));
    write('net-2.safetensors', serializeSafetensors(one('b', 2)));
    await refused(write('net.safetensors.index.json', content)).toEqual(error(code, message));
  });

  it('is fetched shard by shard', async () => {
    server.files.set('net.safetensors.index.json', index(map));
    server.files.set(map.a, serializeSafetensors(one('a', 1)));
    server.files.set(map.b, serializeSafetensors(one('b', 2)));
    const expected = new Map([...one('a', 1), ...one('b', 2)]);
    expect(await loadWeights(`${server.url}/net.safetensors.index.json`)).toEqual(expected);
    expect(await loadWeights('hf:org/net/net.safetensors.index.json')).toEqual(expected);
    expect(server.requests.filter((path) => path.startsWith('/api'))).toHaveLength(1);
  });
});

describe('an address', () => {
  const address = () => `${server.url}/net-${sha256(netFile).slice(0, 8)}.pth`;
  beforeEach(() => void server.files.set(`net-${sha256(netFile).slice(0, 8)}.pth`, netFile));

  it('is fetched once', async () => {
    const progress: (number | undefined)[] = [];
    expect(await loadWeights(address(), { onProgress: (p) => progress.push(p.loaded, p.total) })).toEqual(net);
    expect(progress.at(-2)).toBe(netFile.length);
    expect(progress.at(-1)).toBe(netFile.length);
    expect(await loadWeights(address())).toEqual(net);
    expect(await loadWeights(address(), { offline: true })).toEqual(net);
    expect(server.requests).toHaveLength(1);
  });

  it('must have the hash that its name begins', async () => {
    server.flip = true;
    await refused(address()).toEqual(error('CHECKSUM_MISMATCH', /expected [0-9a-f]{8}\.\.\./));
    expect(allFiles(join(folder, 'cache')).filter((name) => name.includes('.pth'))).toEqual([]);
    server.flip = false;
    expect(await loadWeights(address())).toEqual(net);
  });

  it('goes on after a cut connection, and after an abort', async () => {
    server.stallAfter = 60_000;
    let broken = false;
    const onProgress = (): void => {
      if (!broken) server.breakConnections();
      broken = true;
    };
    expect(await loadWeights(address(), { onProgress })).toEqual(net);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatch(/ bytes=\d+-$/);
    rmSync(join(folder, 'cache'), { recursive: true });
    server.stallAfter = 60_000;
    const abort = new AbortController();
    const stopped = loadWeights(address(), { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(stopped).rejects.toEqual(error('INTERRUPTED', /run it again/));
    expect(await loadWeights(address())).toEqual(net);
  });

  it('replaces a cached file that does not have the SHA-256 asked for', async () => {
    await loadWeights(address());
    const [cached] = allFiles(join(folder, 'cache')).filter((name) => name.endsWith('.pth'));
    writeFileSync(join(folder, 'cache', cached!), 'damaged');
    const expected = { sha256: sha256(netFile) };
    await refused(address(), { ...expected, offline: true }).toEqual(error('CHECKSUM_MISMATCH', /has SHA-256/));
    expect(await loadWeights(address(), expected)).toEqual(net);
    expect(server.requests).toHaveLength(2);
  });

  it('is not fetched offline', async () => {
    await refused(address(), { offline: true }).toEqual(
      error('FILE_NOT_FOUND', /not in the cache.*without ZOO_OFFLINE/),
    );
    for (const name of ['ZOO_OFFLINE', 'HF_HUB_OFFLINE']) {
      vi.stubEnv(name, '1');
      await refused(address()).toEqual(error('FILE_NOT_FOUND', /not in the cache/));
      vi.stubEnv(name, '');
    }
    expect(server.requests).toEqual([]);
  });

  it('that has nothing says so', async () => {
    await refused(`${server.url}/none.pth`).toEqual(error('DOWNLOAD_FAILED', /none\.pth answered HTTP 404/));
  });
});

describe('a hub id', () => {
  beforeEach(() => void server.files.set('model.safetensors', netFile));
  const hub = (): string => join(folder, 'cache', 'huggingface', 'hub', 'models--org--net');
  const snapshot = (): string => join(hub(), 'snapshots', commit, 'model.safetensors');

  it("is kept as Python's hub library keeps it", async () => {
    expect(await loadWeights('hf:org/net')).toEqual(net);
    expect(server.requests).toEqual([
      '/api/models/org/net/revision/main',
      `/org/net/resolve/${commit}/model.safetensors`,
    ]);
    expect(readFileSync(join(hub(), 'refs', 'main'), 'utf8')).toBe(commit);
    expect(readdirSync(join(hub(), 'blobs'))).toEqual([sha256(netFile)]);
    if (process.platform !== 'win32') {
      expect(lstatSync(snapshot()).isSymbolicLink()).toBe(true);
      expect(readlinkSync(snapshot())).toBe(join('..', '..', 'blobs', sha256(netFile)));
    }
    expect(await loadWeights('hf:org/net', { offline: true })).toEqual(net);
    expect(await loadWeights(`hf:org/net@${commit}/model.safetensors`)).toEqual(net);
    expect(server.requests).toHaveLength(2);
    expect(await loadWeights('hf:org/net')).toEqual(net);
    expect(server.requests).toHaveLength(3);
  });

  it('goes to HF_HUB_CACHE, HF_HOME or cacheDir', async () => {
    vi.stubEnv('HF_HOME', join(folder, 'home'));
    await loadWeights('hf:org/net');
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'hub'));
    await loadWeights('hf:org/net');
    await loadWeights('hf:org/net', { cacheDir: join(folder, 'mine') });
    for (const root of ['home/hub', 'hub', 'mine']) {
      expect(existsSync(join(folder, root, 'models--org--net', 'refs', 'main'))).toBe(true);
    }
  });

  it('uses the cache when the hub cannot be reached', async () => {
    await loadWeights('hf:org/net');
    server.status = 503;
    const notices: string[] = [];
    expect(await loadWeights('hf:org/net', { onNotice: (n) => notices.push(n) })).toEqual(net);
    expect(notices).toEqual([expect.stringMatching(/HTTP 503.*Using the cached/)]);
    await refused('hf:org/net@v2').toEqual(error('DOWNLOAD_FAILED', /HTTP 503/));
  });

  it('must have the SHA-256 that the hub states', async () => {
    server.flip = true;
    await refused('hf:org/net').toEqual(error('CHECKSUM_MISMATCH', /model\.safetensors .*not the official file/));
    expect(allFiles(hub()).filter((name) => name.includes(sha256(netFile)))).toEqual([]);
    server.flip = false;
    expect(await loadWeights('hf:org/net')).toEqual(net);
  });

  it('picks the usual file, or says which there are', async () => {
    server.files.delete('model.safetensors');
    server.files.set('pytorch_model.bin', readFileSync(new URL('./fixtures/state-zip.pth', import.meta.url)));
    expect((await loadWeights('hf:org/net')).get('scalar')!.shape).toEqual([]);
    await refused('hf:org/net/x.pth').toEqual(error('FILE_NOT_FOUND', /no x\.pth\. It has pytorch_model\.bin/));
    server.status = 401;
    await refused('hf:org/net').toEqual(error('FILE_NOT_FOUND', /hf:org\/net@main .*HTTP 401.*HF_TOKEN/));
  });

  it('that is not cached is refused offline', async () => {
    await refused('hf:org/net', { offline: true }).toEqual(
      error('FILE_NOT_FOUND', /hf:org\/net@main is not in the cache/),
    );
    expect(server.requests).toEqual([]);
  });

  it('is fetched once by two that want it at the same time', async () => {
    const files = await Promise.all([openWeights('hf:org/net'), openWeights('hf:org/net')]);
    for (const file of files) await file.close();
    expect(server.requests.filter((path) => path.includes('/resolve/'))).toHaveLength(1);
  });
});
