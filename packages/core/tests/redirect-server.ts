import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

/** Of the servers with TLS; signed by itself, so nobody trusts it who is not given it. */
export const certificate = fixture('test-server-cert.pem');

export interface RedirectServer {
  port: number;
  /** Path and headers of the requests so far. */
  requests: { path: string; headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** A server on this machine that sends `content`, but redirects from paths that `redirects` has. */
export async function startRedirectServer(
  redirects: Record<string, string>,
  { address = '127.0.0.1', secure = false, content = 'content' } = {},
): Promise<RedirectServer> {
  const requests: RedirectServer['requests'] = [];
  const answer = ({ url = '/', headers }: IncomingMessage, response: ServerResponse): void => {
    requests.push({ path: url, headers });
    const location = redirects[url];
    if (location !== undefined) response.writeHead(302, { location }).end('moved');
    else response.writeHead(200, { 'content-length': content.length }).end(content);
  };
  const server = secure
    ? createSecureServer({ key: fixture('test-server-key.pem'), cert: certificate }, answer)
    : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
