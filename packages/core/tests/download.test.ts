import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DownloadProgress, ZooErrorCode } from '../src/index.ts';
import { type DownloadedFile, type DownloadOptions, downloadFile, withFileLock } from '../src/node.ts';
import { type FileServer, startFileServer } from './file-server.ts';
import { lockOfDeadProcess } from './lock-owner.ts';

const size = 300_000;
const content = Uint8Array.from({ length: size }, (_, i) => (i * i + (i >> 8)) & 255);
const sha256 = createHash('sha256').update(content).digest('hex');

let folder = '';
let path = '';
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-download-'));
  path = join(folder, 'deep', 'images.gz');
  server = await startFileServer(content);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
  rmSync(folder, { recursive: true });
});

const download = (options: Partial<DownloadOptions> = {}): Promise<DownloadedFile> =>
  downloadFile({ urls: [`${server.url}images.gz`], path, bytes: size, sha256, retryDelay: 0, ...options });

const files = (): string[] => (existsSync(join(folder, 'deep')) ? readdirSync(join(folder, 'deep')).sort() : []);
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

function expectComplete(): void {
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(files()).toEqual(['images.gz']);
}

describe('downloadFile', () => {
  it('fetches a file and tells its progress', async () => {
    const progress: DownloadProgress[] = [];
    await download({ onProgress: (p) => progress.push(p) });
    expectComplete();
    expect(progress.at(-1)).toEqual({ file: 'images.gz', loaded: size, total: size });
    expect(progress.every((p, i) => i === 0 || p.loaded > progress[i - 1]!.loaded)).toBe(true);
  });

  it.each([
    ['a broken connection', { kind: 'cut', after: 100_000 }],
    ['an early end', { kind: 'short', by: 1000 }],
  ] as const)('goes on after %s without fetching anything twice', async (_, fault) => {
    server.faults = [fault];
    const loaded: number[] = [];
    await download({ onProgress: (p) => loaded.push(p.loaded) });
    expectComplete();
    expect(server.ranges).toHaveLength(2);
    const from = Number(/\d+/.exec(server.ranges[1]!)![0]);
    expect(from).toBeGreaterThan(0);
    expect(loaded).toContain(from);
  });

  it('goes on where an earlier process stopped', async () => {
    server.faults = [{ kind: 'cut', after: 100_000 }];
    await expect(download({ retries: 0 })).rejects.toEqual(error('DOWNLOAD_FAILED', /broke at byte \d+ of 300000/));
    const kept = statSync(`${path}.part`).size;
    expect(kept).toBeGreaterThan(0);
    await download();
    expect(server.ranges).toEqual([undefined, `bytes=${kept}-`]);
    expectComplete();
  });

  it('begins again when the server has another version by now', async () => {
    server.faults = [{ kind: 'cut', after: 100_000 }];
    server.etag = '"old"';
    await expect(download({ retries: 0 })).rejects.toThrow();
    server.etag = '"new"';
    await download({ retries: 0 });
    expectComplete();
  });

  it('begins again when the server knows no ranges, sends another one, or finds the part too long', async () => {
    for (const fault of [{ kind: 'no-ranges' }, { kind: 'wrong-range' }] as const) {
      server.faults = [{ kind: 'cut', after: 100_000 }, fault];
      await download();
      expectComplete();
      rmSync(path);
    }
    writeFileSync(`${path}.part`, new Uint8Array(size + 5));
    await download();
    expectComplete();
  });

  it('finishes a part that lacks only its name', async () => {
    await download();
    rmSync(path);
    writeFileSync(`${path}.part`, content);
    await download();
    expectComplete();
    expect(server.ranges).toHaveLength(1);
  });

  it('does not trust a part with wrong bytes: fetches all again', async () => {
    await download();
    rmSync(path);
    writeFileSync(`${path}.part`, new Uint8Array(1000).fill(9));
    await download();
    expectComplete();
    expect(server.ranges).toEqual([undefined, 'bytes=1000-', undefined]);
  });

  it.each([
    ['a flipped byte', { kind: 'flip', at: 1234 }, /images\.gz from http.* is not the official file: SHA-256/],
    ['bytes past the end', { kind: 'long' }, /more than 300000 bytes/],
  ] as const)('refuses %s and keeps nothing', async (_, fault, message) => {
    server.faults = [fault];
    await expect(download()).rejects.toEqual(error('CHECKSUM_MISMATCH', message));
    expect(files()).toEqual([]);
    expect(server.ranges).toHaveLength(1);
  });

  it('tries a busy server again, a missing file not', async () => {
    server.faults = [{ kind: 'status', status: 503 }];
    await download();
    expectComplete();
    rmSync(path);
    server.faults = [{ kind: 'status', status: 404 }];
    await expect(download()).rejects.toEqual(error('DOWNLOAD_FAILED', /images\.gz answered HTTP 404/));
    expect(files()).toEqual([]);
    expect(server.ranges).toHaveLength(3);
    server.faults = Array.from({ length: 3 }, () => ({ kind: 'status', status: 500 }));
    await expect(download({ retries: 2 })).rejects.toEqual(error('DOWNLOAD_FAILED', /HTTP 500/));
    expect(server.ranges).toHaveLength(6);
  });

  it('turns to the next address when one lacks the file, holds another one or is unreachable', async () => {
    const urls = [`${server.url}a`, `${server.url}b`];
    for (const fault of [
      { kind: 'status', status: 404 },
      { kind: 'flip', at: 0 },
    ] as const) {
      server.faults = [fault];
      await download({ urls });
      expectComplete();
      rmSync(path);
    }
    await download({ urls: ['http://127.0.0.1:1/', urls[1]!], retries: 1 });
    expectComplete();
    rmSync(path);
    await expect(download({ urls: ['http://127.0.0.1:1/'], retries: 0 })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /Could not reach http:\/\/127\.0\.0\.1:1\//),
    );
  });

  it('stops at once when aborted, and goes on from there later', async () => {
    server.faults = [{ kind: 'stall', after: 50_000 }];
    const abort = new AbortController();
    const stopped = download({ signal: abort.signal, onProgress: () => abort.abort() });
    await expect(stopped).rejects.toEqual(error('INTERRUPTED', /images\.gz was stopped; run it again/));
    const kept = statSync(`${path}.part`).size;
    expect(kept).toBeGreaterThan(0);
    await download();
    expect(server.ranges).toEqual([undefined, `bytes=${kept}-`]);
    expectComplete();
    await expect(download({ signal: AbortSignal.abort() })).rejects.toEqual(error('INTERRUPTED', /images\.gz/));
  });

  it('says which folder it cannot write to', async () => {
    writeFileSync(join(folder, 'deep'), 'a file');
    await expect(download()).rejects.toEqual(error('WRITE_FAILED', /Could not write .*deep/));
    expect(server.ranges).toHaveLength(0);
  });

  it('frees the disk when it is full, and says so', async () => {
    const some = await open(join(folder, 'some'), 'w');
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(some), 'write').mockRejectedValueOnce(full);
    await some.close();
    await expect(download()).rejects.toEqual(error('WRITE_FAILED', /Could not write .*images\.gz: ENOSPC/));
    expect(files()).toEqual([]);
    expect(server.ranges).toHaveLength(1);
  });

  it('lets two downloads of the same file run at once', async () => {
    await Promise.all([download(), download()]);
    expectComplete();
  });
});

describe('downloadFile of a file whose size and hash are not known beforehand', () => {
  const fetchAny = (options: Partial<DownloadOptions> = {}): Promise<DownloadedFile> =>
    downloadFile({ urls: [`${server.url}net.pth`], path, retryDelay: 0, ...options });

  it('tells them afterwards, and the total in its progress', async () => {
    const totals = new Set<number | undefined>();
    expect(await fetchAny({ onProgress: (p) => totals.add(p.total) })).toEqual({ bytes: size, sha256 });
    expect([...totals]).toEqual([size]);
    expectComplete();
  });

  it('goes on by the ETag, and begins again where there is none', async () => {
    for (const etag of ['"v1"', undefined]) {
      server.etag = etag;
      server.ranges = [];
      server.faults = [{ kind: 'cut', after: 100_000 }];
      await expect(fetchAny({ retries: 0 })).rejects.toEqual(error('DOWNLOAD_FAILED', /broke/));
      const kept = statSync(`${path}.part`).size;
      await fetchAny();
      expect(server.ranges).toEqual([undefined, etag && `bytes=${kept}-`]);
      expectComplete();
      rmSync(path);
    }
  });

  it('finishes a whole part when the server says so', async () => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(`${path}.part`, content);
    await fetchAny({ hashPrefix: sha256.slice(0, 8) });
    expectComplete();
    expect(server.ranges).toEqual([`bytes=${size}-`]);
  });

  it('checks the first digits of the hash', async () => {
    await expect(fetchAny({ hashPrefix: 'deadbeef' })).rejects.toEqual(
      error('CHECKSUM_MISMATCH', /SHA-256 [0-9a-f]{64}, expected deadbeef\.\.\./),
    );
    expect(files()).toEqual([]);
  });
});

describe('several downloads of one file', () => {
  it('fetch it once', async () => {
    await Promise.all([download(), download(), download()]);
    expect(server.ranges).toHaveLength(1);
    expectComplete();
  });

  it('end their waiting when aborted, and take over from a process that died', async () => {
    mkdirSync(join(folder, 'deep'));
    await withFileLock(path, async () => {
      const abort = new AbortController();
      const waiting = download({ signal: abort.signal });
      abort.abort();
      await expect(waiting).rejects.toEqual(error('INTERRUPTED', /was stopped/));
    });
    expect(server.ranges).toHaveLength(0);
    mkdirSync(`${path}.lock`);
    writeFileSync(join(`${path}.lock`, 'dead'), await lockOfDeadProcess());
    await download();
    expectComplete();
  });
});
