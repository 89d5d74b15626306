import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const commit = 'a'.repeat(40);

export interface HubServer {
  url: string;
  /** Method-less request lines so far, with their range. */
  requests: string[];
  files: Map<string, Uint8Array>;
  /** Sends so many bytes of the next file, then nothing. */
  stallAfter: number | undefined;
  breakConnections(): void;
  /** Flips a byte of every file on the way. */
  flip: boolean;
  status: number | undefined;
  etag: string;
  /** Answers every request with a web page, as a network that wants a login does. */
  portal: boolean;
  close(): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A hub on this machine with one repository, `org/net`: its listing and its files, with ranges. */
export async function startHubServer(): Promise<HubServer> {
  const state = {
    requests: [] as string[],
    files: new Map<string, Uint8Array>(),
    stallAfter: undefined as number | undefined,
    flip: false,
    status: undefined as number | undefined,
    portal: false,
    etag: '"v1"',
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://hub');
    const range = request.headers.range;
    state.requests.push(range ? `${pathname} ${range}` : pathname);
    if (state.status) return void response.writeHead(state.status).end();
    if (state.portal) {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Log in</title>');
    }
    if (pathname.startsWith('/api/models/org/net/revision/')) {
      const siblings = [...state.files].map(([rfilename, content]) => ({
        rfilename,
        size: content.length,
        blobId: 'b'.repeat(40),
        ...(rfilename.endsWith('.json') ? {} : { lfs: { sha256: sha256(content), size: content.length } }),
      }));
      return void response.writeHead(200).end(JSON.stringify({ sha: commit, siblings }));
    }
    const file = state.files.get(decodeURIComponent(pathname.replace(/^\/org\/net\/resolve\/[^/]+\/|^\//, '')));
    if (!file) return void response.writeHead(404).end();
    const start = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
    const body = Buffer.from(file.subarray(start));
    if (state.flip) body[body.length - 1]! ^= 1;
    response.writeHead(start > 0 ? 206 : 200, {
      etag: state.etag,
      'content-length': body.length,
      ...(start > 0 && { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` }),
    });
    const stall = state.stallAfter;
    state.stallAfter = undefined;
    if (stall === undefined) response.end(body);
    else response.write(body.subarray(0, stall));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakConnections: () => server.closeAllConnections(),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
