import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { promisify } from 'node:util';
import { errorCode } from './write-advice.ts';

/** A thread of a process, such that another process can check whether it still runs. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** The machine, where more than its name is known. */
  machine?: string | undefined;
  /** This run of the machine's kernel; containers of one machine share it. */
  boot?: string | undefined;
  /** In which process ids are counted; each container has its own. */
  pidNamespace?: string | undefined;
  thread?: number | undefined;
  /** When the thread started; tells it from a later one with the same id. */
  started?: string | undefined;
}

/** `unknown`: it cannot be seen from here, such as one on another machine or in another container. */
export type Liveness = 'alive' | 'gone' | 'unknown';

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Id, state and start (in ticks since the kernel's) of a thread by Linux's `stat`; its name may hold spaces and brackets. */
function parseStat(text: string): { id: number; state: string; started: string } | undefined {
  const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = rest[19];
  return started && rest[0] ? { id: Number.parseInt(text, 10), state: rest[0], started } : undefined;
}

const textOf = (path: string): string | undefined => attempt(() => readFileSync(path, 'utf8').trim() || undefined);

/** Of the calling thread, so nothing here may be asynchronous. */
function linuxIdentity(): Partial<ProcessIdentity> {
  const place = {
    machine: textOf('/etc/machine-id'),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
  };
  // A /proc of another pid namespace would describe other processes under these ids.
  if (attempt(() => readlinkSync('/proc/self')) !== `${process.pid}`) return place;
  const thread = parseStat(textOf('/proc/thread-self/stat') ?? '');
  return thread ? { ...place, thread: thread.id, started: thread.started } : place;
}

const run = async (file: string, ...args: string[]): Promise<string | undefined> => {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return (await promisify(execFile)(file, args, { env })).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
};

/** When a process started, by `ps`; `Z` marks one that ended and was not collected. */
const startByPs = async (pid: number): Promise<string | undefined> => run('ps', '-o', 'state=,lstart=', '-p', `${pid}`);

const withoutState = (line: string | undefined): string | undefined => line?.replace(/^\S+\s+/, '');

let unixIdentity: Promise<Partial<ProcessIdentity>> | undefined;

async function describeUnix(): Promise<Partial<ProcessIdentity>> {
  const boot = process.platform === 'darwin' ? await run('sysctl', '-n', 'kern.bootsessionuuid') : undefined;
  return { boot, started: withoutState(await startByPs(process.pid)) };
}

/** Of the calling thread on Linux, of the process elsewhere. Windows tells no starts, so there `started` is absent. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const own = { host: hostname(), pid: process.pid };
  if (process.platform === 'linux') return { ...own, ...linuxIdentity() };
  if (process.platform === 'win32') return own;
  unixIdentity ??= describeUnix();
  return { ...own, ...(await unixIdentity) };
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

async function linuxLiveness({ pid, thread, started }: ProcessIdentity): Promise<Liveness> {
  const stat = async (path: string) => parseStat(await readFile(path, 'utf8'));
  try {
    const leader = await stat(`/proc/${pid}/stat`);
    if (leader && 'ZX'.includes(leader.state)) return 'gone'; // killed, and not yet collected by its parent
  } catch {
    return 'unknown'; // /proc may hide the processes of others
  }
  try {
    return (await stat(`/proc/${pid}/task/${thread}/stat`))?.started === started ? 'alive' : 'gone';
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '') ? 'gone' : 'unknown';
  }
}

async function psLiveness({ pid, started }: ProcessIdentity): Promise<Liveness> {
  const line = await startByPs(pid);
  if (line === undefined) return 'unknown';
  return !line.startsWith('Z') && withoutState(line) === started ? 'alive' : 'gone';
}

/**
 * Whether `other` still runs. A machine that started again has ended what ran before, so `lastSeen` (ms since 1970, when `other`
 * showed life) tells about another run of the same machine.
 */
export async function livenessOf(other: ProcessIdentity, lastSeen: number): Promise<Liveness> {
  const own = await ownIdentity();
  if (own.boot !== other.boot) {
    const sameMachine = own.machine !== undefined && own.machine === other.machine && own.host === other.host;
    return sameMachine && lastSeen < Date.now() - uptime() * 1000 ? 'gone' : 'unknown';
  }
  if (own.boot === undefined && own.host !== other.host) return 'unknown';
  if (own.pidNamespace !== other.pidNamespace) return 'unknown';
  if (!processExists(other.pid)) return 'gone';
  if (other.started === undefined || own.started === undefined) return 'unknown';
  return process.platform === 'linux' ? linuxLiveness(other) : psLiveness(other);
}
