import { isIP } from 'node:net';

/** How far a network reaches, the widest first: the internet, a private network, this machine, one link of the network. */
export const scopes = ['public', 'private', 'loopback', 'link-local'] as const;
export type Scope = (typeof scopes)[number];

export const isNarrower = (scope: Scope, than: Scope): boolean => scopes.indexOf(scope) > scopes.indexOf(than);

function scopeOfIPv4([a, b, c]: readonly number[]): Scope {
  if (a === 127 || a === 0) return 'loopback';
  if (a === 169 && b === 254) return 'link-local'; // also where clouds keep a machine's credentials
  const isPrivate =
    a === 10 ||
    (a === 172 && b! >> 4 === 1) ||
    (a === 192 && (b === 168 || (b === 0 && c === 0))) ||
    (a === 100 && b! >> 6 === 1) ||
    (a === 198 && b! >> 1 === 9) ||
    a! >= 224;
  return isPrivate ? 'private' : 'public';
}

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1); // no dotted tail
  const [head = [], tail] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = tail ? new Array<string>(8 - head.length - tail.length).fill('0') : [];
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address inside an IPv6 one: mapped, NAT64 or 6to4. */
function embedded(groups: readonly number[]): readonly number[] | undefined {
  const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
  const zeros = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (groups[0] === 0x2002) return bytes.slice(2, 6);
  if (groups[0] === 0x64 && groups[1] === 0xff9b && zeros(2, 6)) return bytes.slice(12);
  return zeros(0, 5) && (groups[5] === 0xffff || (groups[5] === 0 && groups[6] !== 0)) ? bytes.slice(12) : undefined;
}

/** The reach of an IP address. */
export function scopeOf(address: string): Scope {
  if (isIP(address) === 4) return scopeOfIPv4(address.split('.').map(Number));
  const groups = groupsOf(address);
  const inner = embedded(groups);
  if (inner) return scopeOfIPv4(inner);
  if (groups.slice(0, 7).every((group) => group === 0)) return 'loopback'; // ::1 and ::
  if (groups[0]! >> 6 === 0x3fa) return 'link-local'; // fe80::/10
  const isPrivate = groups[0]! >> 9 === 0x7e || groups[0]! >> 6 === 0x3fb || groups[0]! >> 8 === 0xff;
  return isPrivate ? 'private' : 'public';
}
