import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ZooErrorCode } from '../src/index.ts';
import { type LockFs, withFileLock } from '../src/node/file-lock.ts';
import { withFolderLock } from '../src/node/folder-lock.ts';
import { lockOfDeadProcess, lockOwner } from './lock-owner.ts';

const onLinux = process.platform === 'linux';
const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ name: 'ZooError', code, message: expect.stringMatching(message) });

const home = await mkdtemp(join(tmpdir(), 'zoo-lock-'));
const library = join(home, 'core-node.mjs');
let folder = '';
let path = '';
let rounds = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../src/node.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile: library, bundle: true, platform: 'node', format: 'esm' });
});
beforeEach(async () => {
  folder = join(home, `${rounds++}`);
  path = join(folder, 'store');
  await mkdir(folder);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(home, { recursive: true, force: true }));

const files = async () => (await readdir(folder, { recursive: true })).sort();
const lockFile = async () => join(`${path}.lock`, (await readdir(`${path}.lock`))[0]!);
const tryLock = () => withFileLock(path, async () => 'held', { wait: false });

/** Puts a lock there as another process left it. */
async function leaveLock(content: string): Promise<string> {
  const file = join(`${path}.lock`, 'left');
  await mkdir(`${path}.lock`);
  await writeFile(file, content);
  return file;
}

const script = (body: string) =>
  `import { withFileLock } from ${JSON.stringify(library)}; const path = ${JSON.stringify(path)};\n${body}`;

function start(body: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script(body)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

/** A process that holds the lock and whose event loop never turns again. */
async function blockedHolder(): Promise<ChildProcess> {
  const holder = start(`withFileLock(path, async () => {
    (await import('node:fs')).writeSync(1, 'held');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`);
  await once(holder.stdout!, 'data');
  return holder;
}

async function killed(holder: ChildProcess): Promise<void> {
  const exit = once(holder, 'exit');
  holder.kill('SIGKILL');
  await exit;
}

describe('withFileLock', () => {
  it('lets one in at a time, of one process and of several', async () => {
    const alone = `${path}-alone`;
    const enter = async () => {
      await mkdir(alone); // fails while another is inside
      await turn();
      await rmdir(alone);
    };
    const others = [1, 2, 3].map(() =>
      start(`const { mkdir, rmdir } = await import('node:fs/promises');
      for (let i = 0; i < 20; i++)
        await withFileLock(path, async () => { await mkdir(path + '-alone'); await rmdir(path + '-alone'); });`),
    );
    const ends = others.map((child) => once(child, 'exit'));
    await Promise.all(Array.from({ length: 20 }, () => withFileLock(path, enter)));
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0, 0]);
    expect(await files()).toEqual([]);
  }, 60_000);

  it('has one successor of a process that ended, however many want to take over', async () => {
    for (let round = 0; round < 25; round++) {
      await leaveLock(await lockOfDeadProcess());
      let inside = 0;
      const order = Array.from({ length: 12 }, async () =>
        withFileLock(path, async (waited) => {
          expect(++inside).toBe(1);
          await turn();
          inside--;
          return waited;
        }),
      );
      const waited = await Promise.all(order);
      expect(waited).toContain(false);
      expect(await files()).toEqual([]);
    }
  }, 60_000);

  it('leaves the lock to a process whose event loop is blocked, however long, and takes it once that is killed', async () => {
    const holder = await blockedHolder();
    await utimes(await lockFile(), new Date(0), new Date(0));
    await expect(tryLock()).rejects.toEqual(error('IN_USE', new RegExp(`store is in use by process ${holder.pid} on`)));
    const abort = new AbortController();
    let looks = 0;
    const fs: LockFs = { ...nodeFs, readdir: counted as unknown as LockFs['readdir'] };
    function counted(dir: string) {
      if (++looks === 4) abort.abort();
      return nodeFs.readdir(dir);
    }
    const waiting = withFileLock(path, tryLock, { signal: abort.signal }, { fs, silenceMs: 0 });
    await expect(waiting).rejects.toEqual(error('INTERRUPTED', /Waiting for .*store was stopped/));
    await killed(holder);
    expect(await tryLock()).toBe('held');
  }, 60_000);

  it.runIf(onLinux)(
    'takes it from a process that was killed and that its parent has not collected',
    async () => {
      const command = script(`withFileLock(path, async () => {
      (await import('node:fs')).writeSync(1, String(process.pid));
      setInterval(() => {}, 1000);
      await new Promise(() => {});
    });`);
      // The shell becomes `sleep`, which collects nobody.
      const parent = spawn('sh', [
        '-c',
        '"$0" --input-type=module -e "$1" & exec sleep 600',
        process.execPath,
        command,
      ]);
      children.push(parent);
      const [pid] = await once(parent.stdout, 'data');
      process.kill(Number(pid), 'SIGKILL');
      while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await turn();
      expect(await tryLock()).toBe('held');
    },
    60_000,
  );

  it.runIf(onLinux)('tells a holder from a later process with the same id', async () => {
    await leaveLock(await lockOwner({ started: '1' }));
    expect(await tryLock()).toBe('held');
  });

  it('is held by a thread as well', async () => {
    const worker = new Worker(
      script(`import { parentPort } from 'node:worker_threads';
      withFileLock(path, async () => { parentPort.postMessage('held'); await new Promise(() => setInterval(() => {}, 1000)); });`),
      { eval: true, execArgv: ['--input-type=module'] },
    );
    await once(worker, 'message');
    await expect(tryLock()).rejects.toEqual(error('IN_USE', new RegExp(`process ${process.pid} on`)));
    await worker.terminate();
    if (onLinux) expect(await tryLock()).toBe('held');
  });

  it('does not take what it cannot see, and says what to do when that shows no life', async () => {
    for (const changes of [{ boot: 'other', machine: 'other' }, { pidNamespace: 'pid:[1]' }, { started: undefined }]) {
      const file = await leaveLock(await lockOwner({ host: 'node-3', ...changes }));
      await utimes(file, new Date(0), new Date(0));
      const advice = /process \d+ on node-3 since 1970.*cannot be seen from here.*delete .*store\.lock\.$/;
      await expect(tryLock()).rejects.toEqual(error('IN_USE', advice));
      const waiting = withFileLock(path, tryLock, {}, { silenceMs: 0 });
      await expect(waiting).rejects.toEqual(error('IN_USE', /shown no life for 0 s/));
      expect(existsSync(file)).toBe(true);
      await rm(`${path}.lock`, { recursive: true });
    }
  });

  it('waits for such a one as long as it shows life', async () => {
    const file = await leaveLock(await lockOwner({ boot: 'other', machine: 'other' }));
    let looks = 0;
    const readFileThen = async (name: string) => {
      looks++;
      await utimes(file, looks, looks);
      const text = await nodeFs.readFile(name, 'utf8');
      if (looks === 5) await rm(file);
      return text;
    };
    const fs: LockFs = { ...nodeFs, readFile: readFileThen as unknown as LockFs['readFile'] };
    expect(await withFileLock(path, async (waited) => waited, {}, { fs, silenceMs: 0 })).toBe(true);
    expect(looks).toBe(5);
  });

  it.runIf(existsSync('/etc/machine-id'))('takes what a machine held before it started again', async () => {
    const file = await leaveLock(await lockOwner({ boot: 'before' }));
    await expect(tryLock()).rejects.toEqual(error('IN_USE', /cannot be seen/)); // touched just now
    await utimes(file, new Date(0), new Date(0));
    expect(await tryLock()).toBe('held');
  });

  it.each([
    ['is empty', ''],
    ['is cut off', '{'],
    ['names no process', '{"pid":0,"host":"","since":""}'],
    ['is huge', 'x'.repeat(10_000)],
  ])('keeps a lock whose file %s', async (_, content) => {
    await leaveLock(content);
    await expect(tryLock()).rejects.toEqual(error('IN_USE', /store\.lock, which does not tell by whom.*delete/));
  });

  it('keeps a file of that name', async () => {
    await writeFile(`${path}.lock`, 'mine');
    await expect(tryLock()).rejects.toEqual(error('IN_USE', /store\.lock, which does not tell by whom/));
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('mine');
  });

  it('frees no lock of another when its own was deleted', async () => {
    await withFileLock(path, async () => {
      await rm(`${path}.lock`, { recursive: true });
      await leaveLock(await lockOwner());
    });
    await expect(tryLock()).rejects.toEqual(error('IN_USE', /in use/));
  });

  it('names what the caller guards, and passes on what the work throws', async () => {
    await withFileLock(path, async () => {
      const refused = withFileLock(path, tryLock, { wait: false, name: 'The folder runs/a' });
      await expect(refused).rejects.toEqual(error('IN_USE', /^The folder runs\/a is in use/));
    });
    const broken = new Error('broken');
    await expect(withFileLock(path, () => Promise.reject(broken))).rejects.toBe(broken);
    expect(await files()).toEqual([]);
  });

  it.each([
    ['ENOSPC', /disk is full/],
    ['EROFS', /file system is read-only/],
    ['EACCES', /No permission/],
  ] as const)('says so in plain words when the system answers %s, and leaves nothing', async (code, message) => {
    const fail = () => Promise.reject(Object.assign(new Error(code), { code }));
    for (const operation of ['mkdir', 'writeFile', 'rename'] as const) {
      const fs = { ...nodeFs, [operation]: fail } as unknown as LockFs;
      await expect(withFileLock(path, tryLock, {}, { fs })).rejects.toEqual(error('WRITE_FAILED', message));
      expect(await files()).toEqual([]);
    }
    expect(await tryLock()).toBe('held');
  });

  it('says which folder is missing', async () => {
    const inside = join(path, 'missing', 'store');
    await expect(withFileLock(inside, tryLock)).rejects.toEqual(error('WRITE_FAILED', /store\.lock.*does not exist/));
  });
});

describe('withFolderLock', () => {
  const deep = () => join(folder, 'runs', 'a');

  it('makes the folder, and removes what it made if nothing was put there', async () => {
    await withFolderLock(deep(), async () => expect(await files()).toContain(join('runs', 'a', 'zoo.lock')));
    expect(await files()).toEqual([]);
    await mkdir(join(folder, 'runs'));
    await expect(withFolderLock(deep(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await files()).toEqual(['runs']);
    await withFolderLock(deep(), () => writeFile(join(deep(), 'model'), ''));
    expect(await files()).toEqual(['runs', join('runs', 'a'), join('runs', 'a', 'model')]);
  });

  it('lets those go on who wait while others remove the empty folder', async () => {
    let inside = 0;
    const use = async () => {
      expect(++inside).toBe(1);
      await turn();
      inside--;
    };
    await Promise.all(Array.from({ length: 20 }, () => withFolderLock(deep(), use)));
    expect((await files()).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  }, 60_000);

  it('says what is in the way', async () => {
    await writeFile(path, '');
    await expect(withFolderLock(path, tryLock)).rejects.toEqual(error('WRITE_FAILED', /create the folder.*in the way/));
    await expect(withFolderLock(join(path, 'a'), tryLock)).rejects.toEqual(
      error('WRITE_FAILED', /is a file, not a fo/),
    );
  });
});
