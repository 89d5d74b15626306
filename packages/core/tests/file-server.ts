import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request; the first fault is used up by the first request, and so on. */
type Fault =
  | { kind: 'cut'; after: number } // breaks the connection after so many bytes
  | { kind: 'short'; by: number } // ends in order, but too early
  | { kind: 'long' } // goes on past the end
  | { kind: 'flip'; at: number }
  | { kind: 'status'; status: number }
  | { kind: 'stall'; after: number } // sends so many bytes, then nothing
  | { kind: 'reset' } // breaks the connection without an answer
  | { kind: 'page' } // a web page in the file's place
  | { kind: 'trickle' } // 20 bytes every 20 ms, without a length
  | { kind: 'endless' } // goes on for ever, without a length
  | { kind: 'no-ranges' }
  | { kind: 'wrong-range' };

export interface FileServer {
  url: string;
  /** Range headers of the requests so far, `undefined` for a whole file. */
  ranges: (string | undefined)[];
  faults: Fault[];
  etag: string | undefined;
  lastModified: string | undefined;
  /** Sends ranges of the file that it has now, whatever version is asked for. */
  ignoresIfRange: boolean;
  content: Uint8Array;
  close(): Promise<void>;
}

const page = '<!DOCTYPE html><title>Welcome</title><p>Please log in to use this network.'.padEnd(2000);

/** A server on this machine that sends `content` for any path, with ranges, If-Range and faults to order. */
export async function startFileServer(content: Uint8Array): Promise<FileServer> {
  const state = {
    ranges: [] as (string | undefined)[],
    faults: [] as Fault[],
    etag: '"v1"' as string | undefined,
    lastModified: undefined as string | undefined,
    ignoresIfRange: false,
    content,
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const fault = state.faults.shift();
    state.ranges.push(request.headers.range);
    if (fault?.kind === 'status') return void response.writeHead(fault.status).end('no');
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'page') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    if (fault?.kind === 'trickle' || fault?.kind === 'endless') {
      const [piece, pause] = fault.kind === 'trickle' ? [20, 20] : [50_000, 0];
      response.writeHead(200);
      const send = (): unknown =>
        response.destroyed || response.write(Buffer.alloc(piece, 7), () => setTimeout(send, pause));
      return void send();
    }
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const tag = request.headers['if-range'];
    const fresh = tag === undefined || state.ignoresIfRange || tag === (state.etag ?? state.lastModified);
    const start = fresh && fault?.kind !== 'no-ranges' ? asked : 0;
    const { length } = state.content;
    if (start > 0 && start >= length)
      return void response.writeHead(416, { 'content-range': `bytes */${length}` }).end();
    let body: Uint8Array = state.content.slice(start);
    if (fault?.kind === 'flip') body[fault.at]! ^= 1;
    if (fault?.kind === 'short') body = body.subarray(0, -fault.by);
    if (fault?.kind === 'long') body = Buffer.concat([body, Uint8Array.of(1, 2, 3)]);
    const from = fault?.kind === 'wrong-range' ? start + 1 : start;
    response.writeHead(start > 0 ? 206 : 200, {
      ...(state.etag && { etag: state.etag }),
      ...(state.lastModified && { 'last-modified': state.lastModified }),
      ...(start > 0 && { 'content-range': `bytes ${from}-${length - 1}/${length}` }),
      ...(fault?.kind === 'short' || fault?.kind === 'long' ? {} : { 'content-length': body.length }),
    });
    if (fault?.kind === 'cut') response.write(body.subarray(0, fault.after), () => response.destroy());
    else if (fault?.kind === 'stall') response.write(body.subarray(0, fault.after));
    else response.end(body);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
