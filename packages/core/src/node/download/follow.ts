import { isIP } from 'node:net';
import { checkAddress, isLoopback } from '../../download/addresses.ts';
import { Failure, unreachable } from '../../download/failures.ts';
import { isNarrower, type Scope, scopeOf } from './scope.ts';
import { type Network, type ScopedResponse, scopedRequest, systemNetwork } from './scoped-request.ts';

export interface FollowOptions {
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
  /** Asks in place of the requests made here. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Whether a hash decides in the end, which allows plain http. */
  hashed?: boolean | undefined;
  allowInsecure?: boolean | undefined;
}

const maxRedirects = 10;
const redirects: readonly number[] = [301, 302, 303, 307, 308];
const secrets = /^(authorization|cookie|proxy-authorization)$/i;

/** Node's own `fetch` knows the proxy of the environment when it is told to look there. */
const proxyFetch = (): typeof globalThis.fetch | undefined =>
  process.env['NODE_USE_ENV_PROXY'] === '1' ? globalThis.fetch : undefined;

/** The reach of a host as far as its name tells. */
function scopeByName(url: URL): Scope {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) ? scopeOf(host) : isLoopback(url) ? 'loopback' : 'public';
}

const stop = (message: string, cause?: unknown): Failure => new Failure('next', 'DOWNLOAD_FAILED', message, cause);

/** Where a redirect leads; throws where it must not. */
function nextHop(url: URL, location: string | null, options: FollowOptions): URL {
  if (location === null || !URL.canParse(location, url)) throw stop(`${url} redirects to no address.`);
  const next = new URL(location, url);
  if (url.protocol === 'https:' && next.protocol !== 'https:') {
    throw stop(`${url} redirects to ${next}, which is not https: not followed.`);
  }
  try {
    checkAddress(next.href, { hashed: options.hashed ?? false, allowInsecure: options.allowInsecure ?? false });
  } catch (error) {
    throw stop(`${url} redirects elsewhere. ${(error as Error).message}`, error);
  }
  return next;
}

/**
 * GET that follows redirects itself: never from https to http, and never to a narrower network than one passed before, such
 * as from the internet to this machine. Tokens stay with the host that they are for. With `fetch`, or a proxy by
 * NODE_USE_ENV_PROXY, addresses are judged by name, as only these know what names stand for.
 * Throws a `Failure`, or what aborting gives.
 */
export async function fetchFollowing(
  address: string,
  options: FollowOptions,
  network: Network = systemNetwork,
): Promise<Response> {
  const { signal, fetch = proxyFetch() } = options;
  let url = new URL(address);
  let headers = { ...options.headers };
  let from: Scope | undefined;
  const ask = async (): Promise<ScopedResponse> => {
    if (!fetch) return scopedRequest(url, { headers, signal, from }, network);
    const response = await fetch(url.href, { headers, redirect: 'manual', ...(signal && { signal }) });
    return { response, scope: scopeByName(url) };
  };
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const { response, scope } = await ask().catch((cause: unknown) => {
      if (signal?.aborted || cause instanceof Failure) throw cause;
      throw unreachable(url.href, cause);
    });
    from = from === undefined || isNarrower(from, scope) ? scope : from;
    const followed = response.redirected && response.url !== ''; // by a fetch that does so itself
    if (!followed && !redirects.includes(response.status)) return response;
    if (!followed) await response.body?.cancel();
    const next = nextHop(url, followed ? response.url : response.headers.get('location'), options);
    if (fetch && isNarrower(scopeByName(next), from)) {
      await response.body?.cancel();
      throw stop(`${url} redirects to ${next}, which is on a narrower network: not followed.`);
    }
    if (followed) return response;
    if (next.origin !== url.origin) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.test(name)));
    }
    url = next;
  }
  throw stop(`${address} redirects more than ${maxRedirects} times.`);
}
