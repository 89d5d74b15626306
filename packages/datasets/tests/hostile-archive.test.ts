import { existsSync, writeFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tarGz } from '../../../tooling/fuzz/tar-file.ts';
import { storedZip } from '../../../tooling/fuzz/zip-file.ts';
import { gunzip } from '../src/gunzip.ts';
import { type NamedDataset, subsetByNames } from '../src/name-list.ts';
import { cifar10, extractZip, idxFolder } from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const mib = 2 ** 20;

/** Seconds of processor time that `work` takes. */
async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

describe('a zip archive made to exhaust', () => {
  const almostMiB = new Uint8Array(mib - 1);
  const deflated = deflateRawSync(almostMiB);
  const empty = new Uint8Array();
  it.each([
    [
      'entries that each stay below 1 MiB, and together expand a thousandfold',
      times(400, (i) => ({ name: `a/${i}.png`, data: almostMiB, deflated })),
      /it unpacks to \d{3,4} times its size, as a zip bomb does; maxRatio is 200/,
    ],
    [
      'entries that share one body',
      times(400, (i) => ({ name: `a/${i}.png`, data: almostMiB, deflated, ...(i > 0 && { sameAs: 'a/0.png' }) })),
      /its entries overlap/,
    ],
    [
      'empty files',
      times(60_000, (i) => ({ name: `a/${i}.png`, data: empty })),
      /its 60000 entries hold next to nothing/,
    ],
    [
      'empty folders',
      times(60_000, (i) => ({ name: `a${i}/`, data: empty })),
      /its 60000 entries hold next to nothing/,
    ],
    [
      'names of 60,000 characters',
      [{ name: 'n'.repeat(60_000), data: empty }],
      /'n{100}\.\.\. \(60,000 characters\)'.*no proper/,
    ],
    [
      '30,000 folders inside each other',
      times(20, (i) => ({ name: `${'a/'.repeat(30_000)}${i}`, data: empty })),
      /no proper path/,
    ],
    ['100 folders inside each other', [{ name: `${'a/'.repeat(100)}x`, data: empty }], /no proper path/],
  ])('is refused before anything is written: %s', async (_, entries, message) => {
    const archive = file('hostile.zip', storedZip(entries));
    const seconds = await cpuSeconds(() =>
      expect(extractZip(archive, at('out'))).rejects.toEqual(error('CORRUPT_FILE', message)),
    );
    expect(existsSync(at('out'))).toBe(false);
    expect(seconds).toBeLessThan(10);
  });

  it('is extracted where it is small, whatever it expands to, and where folders are deep', async () => {
    const entries = times(50, (i) => ({ name: `${'a/'.repeat(40)}${i}.png`, data: almostMiB, deflated }));
    expect(await extractZip(file('small.zip', storedZip(entries)), at('small'))).toMatchObject({ files: 50 });
  });
});

describe('compressed files that expand a thousandfold', () => {
  const zeros = gzipSync(new Uint8Array(300 * mib));

  it('are refused by the size that they expand to', async () => {
    const seconds = await cpuSeconds(async () => {
      file('t10k-images-idx3-ubyte.gz', zeros);
      file('t10k-labels-idx1-ubyte.gz', zeros);
      const idx = idxFolder({ root: at(), split: 'test' });
      await expect(idx).rejects.toEqual(
        error('CORRUPT_FILE', /images-idx3-ubyte\.gz is refused: it expands to more than 67108864/),
      );
      const web = gunzip(zeros, { name: 'a.gz' });
      await expect(web).rejects.toEqual(error('CORRUPT_FILE', /a\.gz.*it unpacks to more than 67108864 bytes/));
      const batch = { name: 'cifar-10-batches-bin/test_batch.bin', data: new Uint8Array(3073) };
      file('cifar-10-binary.tar.gz', tarGz([{ name: 'x', data: new Uint8Array(300 * mib) }, batch]));
      const cifar = cifar10({ root: at(), split: 'test', download: false });
      await expect(cifar).rejects.toEqual(
        error('CORRUPT_FILE', /tar\.gz is damaged.*max decompression ratio exceeded/),
      );
    });
    expect(seconds).toBeLessThan(20);
  });

  it('of an archive end as an error where one is too large or there twice', async () => {
    const batch = (bytes: number) => ({ name: 'cifar-10-batches-bin/test_batch.bin', data: new Uint8Array(bytes) });
    const open = (...entries: Parameters<typeof tarGz>[0]) => {
      file('cifar-10-binary.tar.gz', tarGz(entries));
      return expect(cifar10({ root: at(), split: 'test', download: false })).rejects;
    };
    await open(batch(100 * mib)).toEqual(
      error('CORRUPT_FILE', /has 104857600 bytes in test_batch\.bin, which is too large/),
    );
    await open(batch(3073), batch(3073)).toEqual(error('CORRUPT_FILE', /has test_batch\.bin twice/));
  });
});

describe('a list of names', () => {
  it('costs time in proportion to the examples, however many share a name', async () => {
    const items = times(100_000, (i) => ({ name: `${i}/1.png` }));
    const dataset = { items, length: items.length } as unknown as NamedDataset;
    const seconds = await cpuSeconds(async () => {
      expect(() => subsetByNames(dataset, ['1.png'])).toThrow(/'1\.png' may be any of 0\/1\.png, 1\/1\.png, 2\/1\.png/);
    });
    expect(seconds).toBeLessThan(5);
  });
});
