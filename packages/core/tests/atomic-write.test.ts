import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ZooError } from '../src/index.ts';
import { writeFileAtomic } from '../src/node.ts';

const folder = await mkdtemp(join(tmpdir(), 'zoo-write-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('writes pieces that are made meanwhile', async () => {
    const path = join(folder, 'whole');
    await writeFileAtomic(
      path,
      (async function* () {
        yield Uint8Array.of(1, 2);
        await null;
        yield Uint8Array.of(3);
      })(),
    );
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  });

  it('passes on what stopped the making, and leaves the former file and nothing else', async () => {
    const path = join(folder, 'whole');
    const reason = new ZooError('DISPOSED', 'a weight is gone');
    const pieces = (async function* () {
      yield Uint8Array.of(9);
      throw reason;
    })();
    await expect(writeFileAtomic(path, pieces)).rejects.toBe(reason);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual(['whole']);
  });
});
