import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as realFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StateDict, ZooErrorCode } from '@zoo/core';
import type { AtomicFs } from '@zoo/core/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSafetensors, serializeSafetensors } from '../src/index.ts';
import { readSafetensors, readSafetensorsHeader, saveSafetensors, sha256File, writeFileAtomic } from '../src/node.ts';

const net = (value: number): StateDict =>
  new Map([
    ['weight', { dtype: 'float32', shape: [2, 3], data: new Float32Array(6).fill(value) }],
    ['step', { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) }],
  ]);

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-weights-'));
  path = join(folder, 'net.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('files', () => {
  it('come back as they were saved, the same bytes as in memory', async () => {
    await saveSafetensors(path, net(7), { epoch: '3' });
    expect(await readSafetensors(path)).toEqual({ tensors: net(7), metadata: { epoch: '3' } });
    expect(new Uint8Array(readFileSync(path))).toEqual(serializeSafetensors(net(7), { epoch: '3' }));
    await saveSafetensors(path, net(8));
    expect((await readSafetensors(path)).tensors).toEqual(net(8));
    expect(readdirSync(folder)).toEqual(['net.safetensors']);
  });

  it('show their header without their data', async () => {
    await saveSafetensors(path, net(7), { epoch: '3' });
    expect(await readSafetensorsHeader(path)).toEqual({
      tensors: new Map([
        ['weight', { dtype: 'float32', shape: [2, 3] }],
        ['step', { dtype: 'int64', shape: [] }],
      ]),
      metadata: { epoch: '3' },
    });
  });

  it('that are missing, folders or damaged are named', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toEqual(
      error('FILE_NOT_FOUND', /No such file: .*none/),
    );
    await expect(readSafetensors(folder)).rejects.toEqual(error('FILE_NOT_FOUND', /is not a file/));
    await expect(sha256File(join(folder, 'none'))).rejects.toEqual(error('FILE_NOT_FOUND', /none/));
    await saveSafetensors(path, net(7));
    truncateSync(path, readFileSync(path).length - 1);
    for (const read of [readSafetensors, readSafetensorsHeader]) {
      await expect(read(path)).rejects.toEqual(error('CORRUPT_FILE', /net\.safetensors: tensor 'weight' .* cut short/));
    }
    truncateSync(path, 3);
    await expect(readSafetensors(path)).rejects.toEqual(error('CORRUPT_FILE', /net\.safetensors: 3 bytes/));
  });

  it('have the SHA-256 that the standard gives for "abc"', async () => {
    writeFileSync(path, 'abc');
    expect(await sha256File(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('an interrupted write', () => {
  const failing = (at: 'write' | 'sync' | 'rename' | 'open'): AtomicFs => {
    const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    if (at === 'rename') return { ...realFs, rename: full };
    if (at === 'open') return { ...realFs, open: full };
    const open: typeof realFs.open = async (...args) => Object.assign(await realFs.open(...args), { [at]: full });
    return { ...realFs, open };
  };

  it.each(['open', 'write', 'sync', 'rename'] as const)(
    'by a full disk in %s leaves the former file alone',
    async (at) => {
      await saveSafetensors(path, net(1));
      const pieces = [serializeSafetensors(net(2))];
      await expect(writeFileAtomic(path, pieces, failing(at))).rejects.toEqual(
        error('WRITE_FAILED', /net\.safetensors.*disk is full/),
      );
      expect((await readSafetensors(path)).tensors).toEqual(net(1));
      expect(readdirSync(folder)).toEqual(['net.safetensors']);
    },
  );

  it('goes on after a short write', async () => {
    const open: typeof realFs.open = async (...args) => {
      const handle = await realFs.open(...args);
      const write = handle.write.bind(handle) as (
        b: Uint8Array,
        at: number,
        n: number,
      ) => ReturnType<typeof handle.write>;
      return Object.assign(handle, {
        write: (piece: Uint8Array, at: number) => write(piece, at, Math.min(5, piece.length - at)),
      });
    };
    await writeFileAtomic(path, [serializeSafetensors(net(2))], { ...realFs, open });
    expect((await readSafetensors(path)).tensors).toEqual(net(2));
  });

  it('into a missing folder says so', async () => {
    const nowhere = join(folder, 'none', 'net.safetensors');
    await expect(saveSafetensors(nowhere, net(1))).rejects.toEqual(error('WRITE_FAILED', /folder does not exist/));
    await expect(saveSafetensors(folder, net(1))).rejects.toEqual(error('WRITE_FAILED', /name a file|EISDIR/));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('follows a symbolic link rather than replacing it', async () => {
    const link = join(folder, 'latest.safetensors');
    await saveSafetensors(path, net(1));
    symlinkSync('net.safetensors', link);
    await saveSafetensors(link, net(2));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect((await readSafetensors(path)).tensors).toEqual(net(2));
  });

  it('of long ago is cleared away, one under way is not', async () => {
    const old = join(folder, '.net.safetensors.1.x.tmp');
    const fresh = join(folder, '.net.safetensors.2.y.tmp');
    for (const leftover of [old, fresh]) writeFileSync(leftover, 'half');
    utimesSync(old, new Date(0), new Date(0));
    await saveSafetensors(path, net(1));
    expect(readdirSync(folder).sort()).toEqual(['.net.safetensors.2.y.tmp', 'net.safetensors']);
  });
});

describe.skipIf(process.platform === 'win32')('another process that saves', () => {
  const script = fileURLToPath(new URL('./saving-process.ts', import.meta.url));
  const node = `exec "${process.execPath}" --import tsx --conditions=@zoo/source "${script}"`;
  const start = (command: string): ChildProcess =>
    spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });

  async function firstLine(child: ChildProcess): Promise<string> {
    let text = '';
    for await (const piece of child.stdout!) {
      text += piece;
      if (text.includes('\n')) break;
    }
    return text;
  }

  it('and reaches its file size limit leaves the former file', async () => {
    await saveSafetensors(path, net(1));
    const child = start(`ulimit -f 1024; ${node} "${path}" once`); // 1 MiB of the 4 MB it wants
    const exit = once(child, 'exit');
    expect(await firstLine(child)).toMatch(/^WRITE_FAILED .*net\.safetensors.*larger/);
    expect((await exit)[0]).toBe(3);
    expect((await readSafetensors(path)).tensors).toEqual(net(1));
    expect(readdirSync(folder)).toEqual(['net.safetensors']);
  });

  it('and is killed at any moment leaves a whole file', async () => {
    for (const delay of [0, 3, 11]) {
      const child = start(`${node} "${path}" loop`);
      const exit = once(child, 'exit');
      expect(await firstLine(child)).toMatch(/^saved 1/);
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await exit;
      const { tensors, metadata } = parseSafetensors(readFileSync(path));
      const values = new Set(tensors.get('w')!.data as Float32Array);
      expect([...values]).toEqual([Number(metadata['value'])]);
    }
  });
});
