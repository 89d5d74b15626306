import { ZooError, type ZooErrorCode } from '../error.ts';

/** A failed attempt, and what may help: the same address again, the next address, or nothing. */
export class Failure {
  readonly error: ZooError;
  readonly remedy: 'retry' | 'next' | 'stop';

  constructor(remedy: Failure['remedy'], code: ZooErrorCode, message: string, cause?: unknown) {
    this.error = new ZooError(code, message, { cause });
    this.remedy = remedy;
  }
}

/** The messages of an error and its cause. */
export function text(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** The system's code in an error, its causes or, where several addresses were tried, its parts. */
function codeOf(error: unknown, depth = 4): string {
  if (typeof error !== 'object' || error === null || depth === 0) return '';
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string' && !/^(UND_ERR_SOCKET|ECONNRESET)$/.test(code)) return code;
  const inner = [cause, ...(Array.isArray(errors) ? errors : [])].map((e) => codeOf(e, depth - 1)).find(Boolean);
  return inner ?? (typeof code === 'string' ? code : '');
}

const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/;

/** Why the certificate is not trusted, and what may help. */
function certificateWords(code: string, host: string): string {
  if (/SSL|EPROTO|ERR_TLS_(?!CERT)/.test(code)) return `${host} does not answer by TLS (${code}): is the port right`;
  const why = /EXPIRED|NOT_YET/.test(code)
    ? "it is out of date: is this machine's clock right?"
    : /ALTNAME|HOSTNAME/.test(code)
      ? 'it is of another host: does something stand in between?'
      : 'nobody known signed it: where a proxy brings its own, name that by NODE_EXTRA_CA_CERTS.';
  return `the certificate of ${host} is not trusted (${code}); ${why}`;
}

const words: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) => `cannot find the host ${host}: check its name and this machine's network`,
  EAI_AGAIN: (host) => `cannot look up the host ${host}: the name server does not answer; is this machine online?`,
  ECONNREFUSED: (host) => `${host} refuses the connection: does the server run, or does a firewall stand in between?`,
  ECONNRESET: (host) => `${host} broke the connection off: try again later`,
  EPIPE: (host) => `${host} broke the connection off: try again later`,
  UND_ERR_SOCKET: (host) => `${host} broke the connection off: try again later`,
  ETIMEDOUT: (host) => `${host} does not answer: try again later`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `${host} does not answer: try again later`,
  UND_ERR_HEADERS_TIMEOUT: (host) => `${host} does not answer: try again later`,
  UND_ERR_BODY_TIMEOUT: (host) => `${host} sends nothing more: try again later`,
  EHOSTUNREACH: (host) => `no way leads to ${host}: check this machine's network`,
  ENETUNREACH: (host) => `no way leads to ${host}: check this machine's network`,
};

/** Host and port of an address; of one relative to a page, the address. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : '') || url;

const ended = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

/** What went wrong on the way to the host of `url`, and what may help; undefined for what no code tells. */
function reason(url: string, cause: unknown): string | undefined {
  const code = codeOf(cause);
  const host = hostOf(url);
  if (tlsCode.test(code)) return ended(certificateWords(code, host));
  return Object.hasOwn(words, code) ? ended(words[code]!(host)) : undefined;
}

/** Browsers do not tell a host that is away from one that lets no other origin read. */
function pageReason(url: string): string | undefined {
  const origin = globalThis.location?.origin;
  if (origin === undefined) return undefined;
  const host = hostOf(url);
  if (globalThis.navigator?.onLine === false) return `this browser is offline, so ${host} cannot be reached.`;
  if (!URL.canParse(url) || new URL(url).origin === origin) return `${host} cannot be reached.`;
  const hint = ' hf: addresses can be read from any page; so can a file beside your own page.';
  const why = `either ${host} cannot be reached, or it does not allow pages of ${origin} to read it (CORS).`;
  return host === 'huggingface.co' ? why : why + hint;
}

/** No answer came. */
export function unreachable(url: string, cause: unknown): Failure {
  const why = reason(url, cause) ?? pageReason(url) ?? ended(text(cause));
  const remedy = tlsCode.test(codeOf(cause)) ? 'next' : 'retry'; // a certificate stays as it is
  return new Failure(remedy, 'DOWNLOAD_FAILED', `Could not reach ${url}: ${why}`, cause);
}

/** The connection ended inside the file. */
export function brokeOff(url: string, loaded: number, total: number | undefined, cause?: unknown): Failure {
  const why = cause === undefined ? 'it ended too early.' : (reason(url, cause) ?? ended(text(cause)));
  const where = `broke at byte ${loaded} of ${total ?? 'unknown'}`;
  return new Failure('retry', 'DOWNLOAD_FAILED', `The connection to ${url} ${where}: ${why}`, cause);
}

const statusWords: Readonly<Record<number, string>> = {
  401: 'it wants a login or a token',
  403: 'it does not give this file to you: is a token missing?',
  404: 'it has no such file: check the address',
  407: 'a proxy in between wants a login',
  410: 'the file is no longer there',
  429: 'it was asked too often: try again later',
  451: 'it must not give out this file here',
};

/** An answer other than the file. */
export function refusedStatus(url: string, { status, statusText }: Pick<Response, 'status' | 'statusText'>): Failure {
  const again = status >= 500 || status === 429 || status === 408;
  const why = statusWords[status] ?? (status >= 500 ? 'the server is in trouble: try again later' : undefined);
  const answer = `${url} answered HTTP ${status}${statusText && ` ${statusText}`}`;
  return new Failure(again ? 'retry' : 'next', 'DOWNLOAD_FAILED', ended(why ? `${answer}: ${why}` : answer));
}
