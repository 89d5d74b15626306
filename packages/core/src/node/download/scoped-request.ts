import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Failure, refusedStatus } from '../../download/failures.ts';
import { isNarrower, type Scope, scopeOf as systemScopeOf } from './scope.ts';

/** What is asked of the system, so that a test can answer for it. */
export interface Network {
  lookup: LookupFunction;
  scopeOf: (address: string) => Scope;
  /** Certificates to trust instead of the platform's. */
  ca?: string;
}

export const systemNetwork: Network = { lookup: systemLookup as LookupFunction, scopeOf: systemScopeOf };

export interface ScopedRequest {
  headers: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Addresses of narrower networks are refused; undefined for any. */
  from: Scope | undefined;
}

/** An answer, and the reach of the very address that gave it. */
export interface ScopedResponse {
  response: Response;
  scope: Scope;
}

const refusal = (host: string, address: string, scope: Scope, from: Scope): Failure => {
  const where =
    address === host ? `the ${scope} address ${address}` : `${host}, which is the ${scope} address ${address}`;
  return new Failure('next', 'DOWNLOAD_FAILED', `A ${from} host redirects to ${where}: not followed.`);
};

function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  );
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 500, statusMessage = '', rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  const empty = status === 204 || status === 205 || status === 304;
  if (empty) message.destroy();
  const statusText = /^[\t\x20-\x7e]*$/.test(statusMessage) ? statusMessage : '';
  return new Response(empty ? null : bodyOf(message), { status, statusText, headers });
}

/**
 * One GET without redirects. `from` is checked on the addresses that the connection is opened to, so that a name whose
 * addresses change between two questions (DNS rebinding) gains nothing. `fetch` has no place for such a check.
 */
export function scopedRequest(url: URL, options: ScopedRequest, network: Network): Promise<ScopedResponse> {
  const { headers, signal, from } = options;
  const { lookup, scopeOf, ca } = network;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const check = (address: string): void => {
    const scope = scopeOf(address);
    if (from !== undefined && isNarrower(scope, from)) throw refusal(host, address, scope, from);
  };
  const checkedLookup: LookupFunction = (name, asked, done) =>
    lookup(name, { ...asked, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      try {
        if (error) throw error;
        for (const { address } of addresses) check(address);
      } catch (failure) {
        return done(failure as NodeJS.ErrnoException, []);
      }
      if (asked.all) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  return new Promise((resolve, reject) => {
    if (isIP(host)) check(host);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    // A connection of its own each time: one kept alive would have been checked for another request.
    const get = request(url, {
      agent: false,
      headers: { 'user-agent': 'node', 'accept-encoding': 'identity', ...headers },
      lookup: checkedLookup,
      ...(signal && { signal }),
      ...(ca !== undefined && { ca }),
    });
    get.on('error', reject);
    get.on('response', (message) => {
      message.on('error', () => {}); // whoever reads the body hears of it
      const { statusCode = 0, statusMessage = '' } = message;
      if (statusCode < 200 || statusCode > 599) {
        message.destroy(); // no `Response` can say that
        return reject(refusedStatus(url.href, { status: statusCode, statusText: statusMessage }));
      }
      resolve({ response: responseOf(message), scope: scopeOf(message.socket.remoteAddress ?? '0.0.0.0') });
    });
    get.end();
  });
}
