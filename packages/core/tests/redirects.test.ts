import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ZooErrorCode } from '../src/index.ts';
import { scopeOf } from '../src/node/download/scope.ts';
import { type DownloadedFile, type DownloadOptions, downloadFile, type Network } from '../src/node.ts';
import { certificate, type RedirectServer, startRedirectServer } from './redirect-server.ts';

const sha256 = createHash('sha256').update('content').digest('hex');
const publicAddress = '127.0.0.2'; // stands for one on the internet
const privateAddress = '127.0.0.1';

let folder = '';
let path = '';
const servers: RedirectServer[] = [];
/** Addresses of a name; more than one answer is given in turn. */
let names: Record<string, string[][]>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-redirects-'));
  path = join(folder, 'net.bin');
  names = { 'public.example': [[publicAddress]], 'private.example': [[privateAddress]] };
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true });
});

const network: Network = {
  lookup: (name, _, done) => {
    const answers = names[name];
    const found = answers && (answers.length > 1 ? answers.shift()! : answers[0]!);
    if (found)
      return done(
        null,
        found.map((address) => ({ address, family: 4 })),
      );
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
  },
  scopeOf: (address) => (address === publicAddress ? 'public' : scopeOf(address)),
  ca: certificate,
};

async function start(...options: Parameters<typeof startRedirectServer>): Promise<RedirectServer> {
  const server = await startRedirectServer(...options);
  servers.push(server);
  return server;
}

const fetchFrom = (url: string, options: Partial<DownloadOptions> = {}): Promise<DownloadedFile> =>
  downloadFile({ urls: [url], path, retries: 0, sha256, ...options }, network);
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('redirects', () => {
  it('are followed, relative ones too, but not without end', async () => {
    const hops = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`/${i}`, `${i + 1}`]));
    const { port, requests } = await start({ ...hops, '/round': '/round' });
    await fetchFrom(`http://127.0.0.1:${port}/0`);
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(requests.map((request) => request.path)).toEqual(Array.from({ length: 11 }, (_, i) => `/${i}`));
    await expect(fetchFrom(`http://127.0.0.1:${port}/round`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', /redirects more than 10 times/),
    );
  });

  it('never lead from https to http, even where a hash is known', async () => {
    const plain = await start({});
    const secure = await start({ '/a': `http://localhost:${plain.port}/b`, '/c': '/d' }, { secure: true });
    names['localhost'] = [[privateAddress]];
    await expect(fetchFrom(`https://localhost:${secure.port}/a`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', /redirects to http:\/\/localhost:\d+\/b, which is not https: not followed/),
    );
    expect(plain.requests).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    await fetchFrom(`https://localhost:${secure.port}/c`);
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  it.skipIf(process.platform === 'darwin').each([
    ['127.0.0.1', 'loopback'],
    ['[::1]', 'loopback'],
    ['[::ffff:127.0.0.1]', 'loopback'],
    ['0x7f.1', 'loopback'],
    ['private.example', 'loopback'],
    ['10.1.2.3', 'private'],
    ['[fd00:ec2::254]', 'private'],
    ['169.254.169.254', 'link-local'],
    ['[fe80::1]', 'link-local'],
  ])('of a host on the internet do not lead to %s', async (host, scope) => {
    const inside = await start({});
    const outside = await start({ '/a': `http://${host}:${inside.port}/secret` }, { address: publicAddress });
    await expect(fetchFrom(`http://public.example:${outside.port}/a`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', new RegExp(`A public host redirects to .*${scope} address .*: not followed`)),
    );
    expect(outside.requests).toHaveLength(1);
    expect(inside.requests).toEqual([]);
    await fetchFrom(`http://127.0.0.1:${inside.port}/asked-for-by-the-user`);
  });

  it.skipIf(process.platform === 'darwin')('are judged by the address that is connected to', async () => {
    const inside = await start({});
    const outside = await start(
      { '/a': `http://rebind.example:${inside.port}/secret`, '/b': '/c' },
      { address: publicAddress },
    );
    const secret = /rebind\.example, which is the loopback address 127\.0\.0\.1: not followed/;
    names['rebind.example'] = [[publicAddress, privateAddress]]; // one of several
    await expect(fetchFrom(`http://public.example:${outside.port}/a`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', secret),
    );
    names['rebind.example'] = [[publicAddress], [privateAddress]]; // another one when asked again
    await expect(fetchFrom(`http://rebind.example:${outside.port}/b`)).rejects.toEqual(
      error('DOWNLOAD_FAILED', secret),
    );
    expect(inside.requests).toEqual([]);
  });

  it('to another host come without the token', async () => {
    const other = await start({});
    const hub = await start({ '/a': '/b', '/b': `http://127.0.0.1:${other.port}/c` });
    const headers = { Authorization: 'Bearer secret', cookie: 'secret', 'x-kept': 'yes' };
    await fetchFrom(`http://127.0.0.1:${hub.port}/a`, { headers });
    expect(hub.requests.map((request) => request.headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(other.requests[0]!.headers['x-kept']).toBe('yes');
    expect(JSON.stringify(other.requests)).not.toContain('secret');
  });

  it('of a fetch of one’s own are judged by name', async () => {
    const inside = await start({});
    const asked: string[] = [];
    const redirecting = (location: string) => async (url: unknown) => {
      asked.push(String(url));
      return new Response(null, { status: 302, headers: { location } });
    };
    for (const host of ['127.0.0.1', '192.168.1.1', '169.254.169.254', 'localhost']) {
      const fetch = redirecting(`https://${host}/secret`);
      await expect(fetchFrom('https://public.example/a', { fetch })).rejects.toEqual(
        error('DOWNLOAD_FAILED', /on a narrower network: not followed/),
      );
    }
    expect(new Set(asked)).toEqual(new Set(['https://public.example/a']));
    const followed = await fetch(`http://127.0.0.1:${inside.port}/x`);
    Object.defineProperties(followed, { redirected: { value: true }, url: { value: 'http://public.example/b' } });
    await expect(fetchFrom('https://public.example/a', { fetch: async () => followed })).rejects.toEqual(
      error('DOWNLOAD_FAILED', /which is not https/),
    );
  });
});

describe('plain http', () => {
  it.skipIf(process.platform === 'darwin')(
    'is for this machine, for what has a hash, and for who insists',
    async () => {
      const outside = await start({ '/a': '/b' }, { address: publicAddress });
      const url = `http://public.example:${outside.port}/a`;
      const unknown = { urls: [url], path, retries: 0 };
      await expect(downloadFile(unknown, network)).rejects.toEqual(
        error('INVALID_ARGUMENT', /public\.example.* could be changed on the way\. Use https:.*allowInsecure/),
      );
      expect(outside.requests).toEqual([]);
      expect(await downloadFile({ ...unknown, allowInsecure: true }, network)).toEqual({ bytes: 7, sha256 });
      expect(await downloadFile({ ...unknown, hashPrefix: sha256.slice(0, 8) }, network)).toEqual({ bytes: 7, sha256 });
      const here = await start({ '/a': url });
      await expect(downloadFile({ ...unknown, urls: [`http://127.0.0.1:${here.port}/a`] }, network)).rejects.toEqual(
        error('DOWNLOAD_FAILED', /redirects elsewhere.*could be changed on the way/),
      );
      await expect(downloadFile({ ...unknown, urls: ['ftp://x/a'] })).rejects.toEqual(
        error('INVALID_ARGUMENT', /https/),
      );
    },
  );
});

it.each([
  ['public', ['8.8.8.8', '2606:4700::1111', '64:ff9b::808:808', '172.32.0.1', '100.128.0.1', '::ffff:1.1.1.1']],
  ['private', ['10.0.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', 'fc00::1', 'fdff::', '224.0.0.1', 'ff02::1']],
  ['private', ['::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:c0a8:1::', '255.255.255.255']],
  ['loopback', ['127.0.0.1', '127.255.255.255', '0.0.0.0', '::1', '::', '::ffff:7f00:1', '::127.0.0.1']],
  ['link-local', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1', '::ffff:169.254.169.254']],
] as const)('the reach of an address is told: %s', (scope, addresses) => {
  for (const address of addresses) expect([address, scopeOf(address)]).toEqual([address, scope]);
});
