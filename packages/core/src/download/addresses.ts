import { ZooError } from '../error.ts';

const loopbackName = /^(?:(?:[^.]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether the address is on this machine by its host's name alone. */
export const isLoopback = ({ hostname }: URL): boolean => loopbackName.test(hostname);

/**
 * Throws `INVALID_ARGUMENT` for an address whose content anyone on the way could change unnoticed: plain `http:` without a
 * hash, but for this machine and where the caller allows it.
 */
export function checkAddress(
  url: string,
  { hashed, allowInsecure }: { hashed: boolean; allowInsecure?: boolean },
): void {
  const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);
  if (!URL.canParse(url)) throw invalid(`'${url}' is not a valid address.`);
  const address = new URL(url);
  if (address.protocol === 'https:') return;
  if (address.protocol !== 'http:') throw invalid(`'${url}' cannot be downloaded: use https:.`);
  if (hashed || allowInsecure || isLoopback(address)) return;
  const hint = 'Use https:, give the SHA-256 that it must have, or allowInsecure for a network that you trust.';
  throw invalid(`'${url}' could be changed on the way. ${hint}`);
}
