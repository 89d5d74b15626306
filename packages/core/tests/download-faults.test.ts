import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unreachable } from '../src/download/failures.ts';
import { SpeedWatch } from '../src/download/speed.ts';
import type { ZooErrorCode } from '../src/index.ts';
import { scopeOf } from '../src/node/download/scope.ts';
import { type DownloadedFile, type DownloadOptions, downloadFile, type Network } from '../src/node.ts';
import { type FileServer, startFileServer } from './file-server.ts';
import { certificate, startRedirectServer } from './redirect-server.ts';

const size = 300_000;
const versionOf = (seed: number, length = size): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * i + (i >> 8) + seed) & 255);
const content = versionOf(0);
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder = '';
let path = '';
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-faults-'));
  path = join(folder, 'net.bin');
  server = await startFileServer(content);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const fetchAny = (options: Partial<DownloadOptions> = {}): Promise<DownloadedFile> =>
  downloadFile({ urls: [`${server.url}net.bin`], path, retryDelay: 0, ...options });
const files = (): string[] => readdirSync(folder).sort();
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('what cannot be the file is never kept', () => {
  const refused = async (message: RegExp, options: Partial<DownloadOptions> = {}): Promise<void> => {
    await expect(fetchAny(options)).rejects.toEqual(error('DOWNLOAD_FAILED', message));
    expect(files()).toEqual([]);
  };

  it('a web page, whether a hash is known or not', async () => {
    server.faults = [{ kind: 'page' }, { kind: 'page' }, { kind: 'page' }];
    await refused(/net\.bin from .* is a web page, not the file: does this network want a login/);
    await refused(/is a web page/, { sha256: hash(content) });
    await refused(/is a web page/, { bytes: size });
    expect(server.ranges).toHaveLength(3);
    expect(await fetchAny()).toEqual({ bytes: size, sha256: hash(content) });
  });

  it('a page without its type, one with the type alone, and another address is tried', async () => {
    for (const start of ['\ufeff\n <!doctype HTML>', '<html lang="en">', '<?xml version="1.0"?>']) {
      server.content = new TextEncoder().encode(start.padEnd(200));
      await refused(/is a web page/);
    }
    server.content = content;
    server.faults = [{ kind: 'page' }];
    await fetchAny({ urls: [`${server.url}a`, `${server.url}b`] });
    expect(readFileSync(path).equals(content)).toBe(true);
    const fetch = async () => new Response('plain words', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    rmSync(path);
    await refused(/is a web page/, { fetch });
  });

  it('nothing at all, another size than known or announced', async () => {
    server.content = new Uint8Array(0);
    await refused(/is empty/);
    server.content = content.slice(0, 1000);
    await refused(/has 1000 bytes, expected 300000/, { bytes: size });
    const short = { bytes: size, retries: 0, fetch: async () => new Response(content.slice(0, 1000)) };
    await expect(fetchAny(short)).rejects.toEqual(error('DOWNLOAD_FAILED', /broke at byte 1000 of 300000/));
    expect(files()).toEqual(['net.bin.part', 'net.bin.part.json']); // to be gone on with
  });

  it('what the caller refuses by its first bytes, unless a hash decides', async () => {
    const asked: [number, number | undefined][] = [];
    const refuse = (start: Uint8Array, total: number | undefined): string | undefined => {
      asked.push([start.length, total]);
      return start[0] === 7 ? undefined : 'does not begin with 7';
    };
    await refused(/net\.bin from .* does not begin with 7\. Nothing was kept/, { refuse });
    server.content = Uint8Array.of(8);
    await refused(/does not begin with 7/, { refuse });
    expect(asked).toEqual([
      [64, size],
      [1, 1],
    ]);
    await fetchAny({ refuse, sha256: hash(server.content) });
    expect(asked).toHaveLength(2);
  });
});

describe('two versions of a file are not mixed', () => {
  const old = new Date(Date.now() - 1e9).toUTCString();

  it.each([
    ['another ETag', { etag: '"new"' }],
    ['no ETag any more', { etag: undefined }],
    ['a weak ETag', { etag: 'W/"old"' }],
    [
      'another date',
      { etag: undefined, lastModified: new Date(Date.now() - 2e9).toUTCString() },
      { lastModified: old },
    ],
    ['another size', { content: versionOf(1, size + 10) }],
  ])('when a range comes with %s', async (_, now, before: Partial<FileServer> = { etag: '"old"' }) => {
    Object.assign(server, { etag: undefined, ...before, ignoresIfRange: true });
    server.faults = [{ kind: 'cut', after: 100_000 }];
    await expect(fetchAny({ retries: 0 })).rejects.toEqual(error('DOWNLOAD_FAILED', /broke at byte/));
    const kept = statSync(`${path}.part`).size;
    expect(kept).toBeGreaterThan(0);
    Object.assign(server, { content: versionOf(1), ...now });
    await fetchAny({ retries: 0 });
    expect(readFileSync(path).equals(server.content)).toBe(true);
    expect(server.ranges).toEqual([undefined, `bytes=${kept}-`, undefined]);
    expect(files()).toEqual(['net.bin']);
  });

  it('and a part without a version is not gone on with; one with an old enough date is', async () => {
    for (const [lastModified, ranged] of [
      [undefined, false],
      [new Date(Date.now() + 5000).toUTCString(), false], // two versions may have the same second
      [old, true],
    ] as const) {
      Object.assign(server, { etag: undefined, lastModified, ranges: [] });
      server.faults = [{ kind: 'cut', after: 100_000 }];
      await fetchAny();
      expect(readFileSync(path).equals(content)).toBe(true);
      expect(server.ranges).toEqual([undefined, ranged ? expect.stringMatching(/^bytes=\d+-$/) : undefined]);
    }
  });
});

describe('a download ends', () => {
  it('when too little comes over a whole window, and keeps what came', async () => {
    server.faults = [{ kind: 'trickle' }];
    await expect(fetchAny({ minSpeed: { bytesPerSecond: 100_000, seconds: 1 } })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /sent \d+ bytes in 1 s, less than 100000 bytes per second: given up/),
    );
    expect(statSync(`${path}.part`).size).toBeGreaterThan(0);
    expect(existsSync(path)).toBe(false);
  });

  it('when nothing comes at all, before or after the first byte', async () => {
    server.faults = [{ kind: 'stall', after: 1000 }];
    const minSpeed = { bytesPerSecond: 100_000, seconds: 0.1 };
    await expect(fetchAny({ minSpeed })).rejects.toEqual(error('DOWNLOAD_FAILED', /less than 100000 bytes per second/));
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((__, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    await expect(fetchAny({ minSpeed, fetch })).rejects.toEqual(error('DOWNLOAD_FAILED', /sent 0 bytes in 0\.1 s/));
  });

  it('at less than 1 kB/s for 60 s by default, counted by ticks, so that a busy program or a sleeping machine harms none', () => {
    vi.useFakeTimers();
    try {
      const watch = (bytes: number, seconds: number): AbortSignal => {
        const watched = new SpeedWatch('https://host.example/a');
        watched.add(bytes);
        vi.advanceTimersByTime(seconds * 1000);
        watched.stop();
        return watched.signal;
      };
      expect(watch(59_999, 59).aborted).toBe(false);
      expect(watch(60_000, 60).aborted).toBe(false);
      expect(watch(60_000, 65).aborted).toBe(true); // nothing in the last 60 s
      const slow = watch(59_999, 60);
      expect(slow.reason.error).toEqual(
        error('DOWNLOAD_FAILED', /a sent 59999 bytes in 60 s, less than 1000 bytes per second: given up/),
      );
      const asleep = new SpeedWatch('https://host.example/a');
      vi.setSystemTime(Date.now() + 3_600_000);
      vi.advanceTimersByTime(5000);
      expect(asleep.signal.aborted).toBe(false);
      asleep.stop();
    } finally {
      vi.useRealTimers();
    }
  });

  it('at the limit where no length is named, and frees the disk', async () => {
    server.faults = [{ kind: 'endless' }];
    await expect(fetchAny({ maxBytes: 200_000 })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /has more than 200000 bytes, the limit set by maxBytes\. Nothing was kept/),
    );
    expect(files()).toEqual([]);
    await expect(fetchAny({ maxBytes: size - 1 })).rejects.toEqual(error('DOWNLOAD_FAILED', /more than 299999 bytes/));
    server.faults = [{ kind: 'endless' }];
    await expect(fetchAny({ bytes: size })).rejects.toEqual(error('CHECKSUM_MISMATCH', /more than 300000 bytes/));
    expect(files()).toEqual([]);
    await fetchAny({ maxBytes: size });
  });
});

describe('links that somebody planted are not followed', () => {
  it.each(['net.bin.part', 'net.bin.part.json', 'net.bin'])('%s', async (name) => {
    const victim = join(folder, 'victim');
    for (const link of process.platform === 'win32' ? [linkSync] : [symlinkSync, linkSync]) {
      writeFileSync(victim, 'precious');
      link(victim, join(folder, name));
      await fetchAny({ sha256: hash(content) });
      expect(readFileSync(victim, 'utf8')).toBe('precious');
      expect(readFileSync(path).equals(content)).toBe(true);
      expect(lstatSync(path).isSymbolicLink()).toBe(false);
      expect(files()).toEqual(['net.bin', 'victim']);
      rmSync(path);
    }
  });
});

describe('a failure says', () => {
  it('which host cannot be found, refuses, breaks off or answers what', async () => {
    const failing = (code: string): Network => ({
      lookup: (_, __, done) => done(Object.assign(new Error(code), { code }), []),
      scopeOf,
    });
    const from = (url: string, network?: Network) =>
      expect(downloadFile({ urls: [url], path, retries: 0 }, network)).rejects;
    await from('https://nowhere.example/a', failing('ENOTFOUND')).toEqual(
      error('DOWNLOAD_FAILED', /cannot find the host nowhere\.example: check its name/),
    );
    await from('https://nowhere.example/a', failing('EAI_AGAIN')).toEqual(
      error('DOWNLOAD_FAILED', /name server does not answer; is this machine online\?/),
    );
    const gone = await startFileServer(content);
    await gone.close();
    await from(gone.url).toEqual(
      error('DOWNLOAD_FAILED', /127\.0\.0\.1:\d+ refuses the connection: does the server run/),
    );
    server.faults = [{ kind: 'reset' }, { kind: 'cut', after: 100_000 }];
    await from(server.url).toEqual(error('DOWNLOAD_FAILED', /127\.0\.0\.1:\d+ broke the connection off/));
    await from(server.url).toEqual(
      error('DOWNLOAD_FAILED', /broke at byte \d+ of 300000: .* broke the connection off/),
    );
    for (const [status, words] of [
      [401, /answered HTTP 401 Unauthorized: it wants a login or a token/],
      [404, /answered HTTP 404 Not Found: it has no such file: check the address/],
      [429, /it was asked too often: try again later/],
      [503, /the server is in trouble: try again later/],
      [999, /answered HTTP 999/],
      [418, /answered HTTP 418 I'm a Teapot\.$/],
    ] as const) {
      server.faults = [{ kind: 'status', status }];
      await from(server.url).toEqual(error('DOWNLOAD_FAILED', words));
    }
  });

  it('why a certificate is not trusted', async () => {
    const secure = await startRedirectServer({}, { secure: true });
    const network: Network = { lookup: (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }]), scopeOf };
    const from = (url: string, ca?: string) =>
      expect(downloadFile({ urls: [url], path, retries: 0 }, { ...network, ...(ca && { ca }) })).rejects;
    try {
      await from(`https://localhost:${secure.port}/`).toEqual(
        error(
          'DOWNLOAD_FAILED',
          /certificate of localhost:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA/,
        ),
      );
      await from(`https://other.example:${secure.port}/`, certificate).toEqual(
        error('DOWNLOAD_FAILED', /certificate of other\.example:\d+ is not trusted .*it is of another host/),
      );
      await from(server.url.replace('http:', 'https:')).toEqual(error('DOWNLOAD_FAILED', /does not answer by TLS/));
      expect(secure.requests).toEqual([]);
    } finally {
      await secure.close();
    }
  });

  it('what lies deeper: in causes, or in one of several addresses tried', () => {
    const words = (cause: unknown): string => unreachable('https://host.example/a', cause).error.message;
    const coded = (code: string): Error => Object.assign(new Error('inner'), { code });
    expect(words(new TypeError('fetch failed', { cause: coded('CERT_HAS_EXPIRED') }))).toMatch(/clock right\?$/);
    expect(words(new AggregateError([coded('ETIMEDOUT'), coded('ENETUNREACH')]))).toMatch(/does not answer/);
    expect(words(coded('UND_ERR_HEADERS_TIMEOUT'))).toMatch(/host\.example does not answer: try again later\.$/);
    expect(words(new Error('odd'))).toBe('Could not reach https://host.example/a: odd.');
  });
});
