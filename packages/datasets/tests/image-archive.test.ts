import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRegistry, createRng, isZooError } from '@zoo/core';
import { withFileLock } from '@zoo/core/node';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { classBalance, type Dataset } from '../src/index.ts';
import { datasets, extractZip, generateShapesArchive, imageArchive } from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const transform = new Compose([new Resize([8, 8]), new ToTensor()]);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function zip(name: string, entries: Zippable): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), zipSync(entries));
  return at(name);
}

/** The archive with one occurrence of bytes after the other replaced: entries that no writer makes. */
function forge(file: string, name: string, change: (bytes: Buffer) => void): string {
  const content = readFileSync(file);
  change(content);
  writeFileSync(at(name), content);
  return at(name);
}

/** Positions of the central directory's entries. */
function centralEntries(content: Buffer): number[] {
  const found: number[] = [];
  for (let i = content.indexOf('PK\x01\x02', 0, 'latin1'); i >= 0; i = content.indexOf('PK\x01\x02', i + 4, 'latin1'))
    found.push(i);
  return found;
}

const left = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

describe('extractZip', () => {
  const refused = async (
    file: string,
    message: RegExp,
    options = {},
    code: 'CORRUPT_FILE' | 'NOT_SUPPORTED' = 'CORRUPT_FILE',
  ) => {
    const folder = at('refused', 'out');
    rmSync(folder, { recursive: true, force: true });
    await expect(extractZip(file, folder, options)).rejects.toEqual(error(code, message));
    expect(left(at('refused'))).toEqual([]);
    expect(existsSync(at('evil.png'))).toBe(false);
  };

  it('leaves a folder that is there already as it is', async () => {
    const file = zip('one.zip', { 'a.txt': bytes('a') });
    mkdirSync(at('full', 'own'), { recursive: true });
    await expect(extractZip(file, at('full'))).rejects.toEqual(
      error('WRITE_FAILED', /full exists already: name a new/),
    );
    expect(left(at('full'))).toEqual(['own']);
  });

  it('writes the whole archive or nothing', async () => {
    const file = zip('good.zip', {
      'a/1.txt': bytes('one'),
      'a/b/2.txt': [bytes('two'), { level: 0 }],
      'empty/': new Uint8Array(),
    });
    expect(await extractZip(file, at('good', 'out'))).toEqual({ files: 2, bytes: 6, skipped: [] });
    expect(readFileSync(at('good', 'out', 'a', 'b', '2.txt'), 'utf8')).toBe('two');
    expect(left(at('good'))).toEqual(['out']);
    const some = await extractZip(file, at('good', 'some'), { accept: (name) => name.startsWith('a/b') });
    expect([some.files, some.skipped, left(at('good', 'some'))]).toEqual([1, ['a/1.txt'], ['a', 'empty']]);
  });

  it('refuses paths that lead out of the folder', async () => {
    await refused(
      zip('up.zip', { 'ok.png': bytes('x'), '../evil.png': bytes('x') }),
      /up\.zip is refused: invalid relative path: \.\.\/evil\.png/,
    );
    await refused(zip('deep.zip', { 'a/../../evil.png': bytes('x') }), /deep\.zip is refused: invalid relative path/);
    await refused(zip('absolute.zip', { '/evil.png': bytes('x') }), /absolute path/);
    await refused(zip('drive.zip', { 'C:/evil.png': bytes('x') }), /absolute path/);
    await refused(zip('backslash.zip', { '..\\evil.png': bytes('x') }), /invalid relative path: \.\.\/evil/);
    await refused(zip('control.zip', { 'a\n\u00e9.png': bytes('x') }), /no proper path/);
  });

  it('refuses links, special and encrypted files', async () => {
    const unix = (mode: number) => ({ os: 3, attrs: (mode << 16) >>> 0 });
    await refused(zip('link.zip', { 'a.png': [bytes('/etc/passwd'), unix(0o120777)] }), /'a\.png' is a symbolic link/);
    await refused(zip('pipe.zip', { 'a.png': [bytes(''), unix(0o010644)] }), /'a\.png' is a special file/);
    const encrypted = forge(zip('plain.zip', { 'a.png': bytes('x') }), 'locked.zip', (content) => {
      content[centralEntries(content)[0]! + 8]! |= 1;
    });
    await refused(encrypted, /'a\.png' is encrypted/);
  });

  it('refuses names that would overwrite each other', async () => {
    await refused(
      zip('case.zip', { 'a/1.PNG': bytes('x'), 'a/1.png': bytes('y') }),
      /'a\/1\.png' is there twice, as 'a\/1\.PNG' too/,
    );
    await refused(zip('folders.zip', { 'Cat/1.png': bytes('x'), 'cat/2.png': bytes('y') }), /folders 'Cat' and 'cat'/);
    await refused(zip('both.zip', { a: bytes('x'), 'a/1.png': bytes('y') }), /'a' is a file and a folder/);
    const twice = forge(zip('two.zip', { 'a1.png': bytes('x'), 'a2.png': bytes('y') }), 'twice.zip', (content) => {
      content.write('a1.png', centralEntries(content)[1]! + 46, 'latin1');
    });
    await refused(twice, /'a1\.png' is there twice\./);
  });

  it('refuses zip bombs', async () => {
    const zeros = new Uint8Array(4 * 2 ** 20);
    const bomb = zip('bomb.zip', { 'a.png': [zeros, { level: 9 }] });
    await refused(bomb, /'a\.png' unpacks to \d+ times its size.*zip bomb/);
    const stored = zip('large.zip', { 'a.png': [zeros, { level: 0 }] });
    await refused(
      stored,
      /unpacks to 4194304 bytes, more than maxBytes, 1000000/,
      { maxBytes: 1_000_000 },
      'NOT_SUPPORTED',
    );
    await refused(
      zip('many.zip', { 'a.png': zeros, 'b.png': zeros }),
      /2 entries, more than maxFiles/,
      { maxFiles: 1 },
      'NOT_SUPPORTED',
    );
    // Says that it is small, and is not: what comes out is counted too.
    const liar = forge(bomb, 'liar.zip', (content) => content.writeUInt32LE(1000, centralEntries(content)[0]! + 24));
    await refused(liar, /liar\.zip is refused: too many bytes in the stream/);
    // All entries share the same bytes, as in a "better zip bomb".
    const overlap = forge(
      zip('spread.zip', { 'a.png': [zeros, { level: 0 }], 'b.png': [bytes('y'), { level: 0 }] }),
      'overlap.zip',
      (content) => {
        const [first, second] = centralEntries(content);
        content.copyWithin(second! + 16, first! + 16, first! + 28); // sizes and checksum
        content.copyWithin(second! + 42, first! + 42, first! + 46); // offset
      },
    );
    await refused(overlap, /entries overlap/);
  });

  it('extracts or refuses an archive with any bytes changed, and writes nothing elsewhere', async () => {
    const good = readFileSync(
      zip('fuzz/good.zip', { 'a/1.png': bytes('one'.repeat(20)), 'b/2.png': [bytes('two'), { level: 0 }] }),
    );
    const rng = createRng(1);
    let refusals = 0;
    for (let run = 0; run < 150; run++) {
      const content = Uint8Array.from(good);
      for (let change = 0; change <= rng.int(3); change++) content[rng.int(content.length)] = rng.int(256);
      writeFileSync(at('fuzz', 'bad.zip'), content);
      const outcome = await extractZip(at('fuzz', 'bad.zip'), at('fuzz', 'out')).catch((cause: unknown) => cause);
      if (isZooError(outcome)) refusals++;
      else expect(outcome).toEqual({ files: expect.any(Number), bytes: expect.any(Number), skipped: [] });
      rmSync(at('fuzz', 'out'), { recursive: true, force: true });
      expect(left(at('fuzz')).sort()).toEqual(['bad.zip', 'good.zip']);
    }
    expect(refusals).toBeGreaterThan(50);
  });

  it('refuses damaged archives and other files', async () => {
    const file = zip('fine.zip', { 'a.png': [bytes('pixels'.repeat(9)), { level: 0 }] });
    const damaged = forge(file, 'damaged.zip', (content) => content.write('Q', content.indexOf('pixels')));
    await refused(damaged, /'a\.png' is damaged \(CRC-32\)/);
    writeFileSync(at('short.zip'), readFileSync(file).subarray(0, 80));
    await refused(at('short.zip'), /short\.zip is no zip archive, or is cut short/);
    writeFileSync(at('text.zip'), 'no archive at all');
    await refused(at('text.zip'), /text\.zip is no zip archive/);
    await expect(extractZip(at('nowhere.zip'), at('refused', 'out'))).rejects.toEqual(
      error('FILE_NOT_FOUND', /nowhere\.zip/),
    );
    const aborted = extractZip(file, at('refused', 'out'), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toEqual(error('INTERRUPTED', /fine\.zip was stopped/));
    expect(left(at('refused'))).toEqual([]);
  });
});

describe('imageArchive', () => {
  const cacheDir = () => at('cache');

  it("opens the splits of an archive laid out as d2l's hotdog.zip, and extracts it once", async () => {
    const file = at('hotdog.zip');
    await generateShapesArchive(file, { classes: ['circle', 'square'], train: 3, test: 2, size: 16 });
    const train = await imageArchive(file, { split: 'train', transform, cacheDir: cacheDir() });
    expect(train.items.map(({ name }) => name).slice(2, 4)).toEqual(['circle/00002.png', 'square/00000.png']);
    const { inputs, targets } = await train.batch([0, 5]);
    expect([inputs.shape, [...(await targets.data())]]).toEqual([
      [2, 8, 8, 3],
      [0, 1],
    ]);
    inputs.dispose();
    targets.dispose();
    const [extracted] = left(cacheDir());
    expect(left(cacheDir())).toEqual([expect.stringMatching(/^hotdog-[0-9a-f]{16}$/)]);
    const mark = join(cacheDir(), extracted!, '.mark');
    writeFileSync(mark, '');
    await expect(imageArchive(file, { transform, cacheDir: cacheDir() })).rejects.toEqual(
      error('INVALID_ARGUMENT', /hotdog\.zip has splits: test, train\. Choose one: split: 'train' or 'test'/),
    );
    const test = await imageArchive(file, { split: 'test', transform, cacheDir: cacheDir() });
    expect([test.length, existsSync(mark)]).toEqual([4, true]);
    expect(test.describe()['archive']).toBe(train.describe()['archive']);
    expect(test.describe()['content']).not.toBe(train.describe()['content']);
  });

  it('extracts once when several open it at the same time', async () => {
    const file = at('shared.zip');
    await generateShapesArchive(file, { classes: 2, perClass: 2, size: 16 });
    const options = { transform, cacheDir: at('cache-shared') };
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
    mkdirSync(at('cache-shared', `.shared-${hash}.99.abc.tmp`, 'circle'), { recursive: true }); // of a killed process
    const opened = await Promise.all([1, 2, 3].map(() => imageArchive(file, options)));
    expect(opened.map(({ length }) => length)).toEqual([4, 4, 4]);
    expect(left(at('cache-shared'))).toHaveLength(1);
    await expect(imageArchive(file, { ...options, split: 'train' })).rejects.toEqual(
      error('FILE_NOT_FOUND', /has no splits, so no 'train'/),
    );
  });

  it('can be stopped while another process extracts', async () => {
    const file = at('held.zip');
    await generateShapesArchive(file, { classes: 2, perClass: 2, size: 16 });
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
    const cacheDir = at('cache-held');
    mkdirSync(cacheDir);
    const abort = new AbortController();
    await withFileLock(at('cache-held', `held-${hash}`), async () => {
      const opening = imageArchive(file, { transform, cacheDir, signal: abort.signal });
      abort.abort();
      await expect(opening).rejects.toEqual(error('INTERRUPTED', /Waiting for .*held-\w+ was stopped/));
    });
  });

  it('leaves out what is no image, and leaves nothing of a bad archive', async () => {
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    await generateShapesArchive(at('two.zip'), { classes: 2, perClass: 1, size: 16 });
    const image = new Uint8Array(readFileSync(at('two.zip')));
    const mixed = zip('mixed.zip', {
      'x/cat/1.png': image,
      'x/dog/1.png': image,
      'x/dog/run.exe': bytes('x'),
      '__MACOSX/x/._1.png': bytes('x'),
    });
    const options = { transform, cacheDir: at('cache-mixed'), onNotice };
    expect((await imageArchive(mixed, options)).classNames).toEqual(['cat', 'dog']);
    expect(notices).toEqual([expect.stringMatching(/1 of 4 files are no images.*x\/dog\/run\.exe/)]);
    await expect(
      imageArchive(zip('evil.zip', { '../evil.png': image }), { ...options, cacheDir: at('cache-evil') }),
    ).rejects.toEqual(error('CORRUPT_FILE', /evil\.zip/));
    const texts = zip('texts.zip', { 'cat/1.txt': bytes('x'), 'dog/1.txt': bytes('x') });
    await expect(imageArchive(texts, { ...options, cacheDir: at('cache-evil') })).rejects.toEqual(
      error('FILE_NOT_FOUND', /texts\.zip has no images among its 2 files/),
    );
    expect(left(at('cache-evil'))).toEqual([]);
  });

  it('opens by name, with a held-out part where the archive has no splits', async () => {
    await generateShapesArchive(at('whole.zip'), { classes: 2, perClass: 10, size: 16 });
    const open = (options: object): Promise<Dataset> =>
      createRegistry().use(datasets).dataset('image-archive').load(options);
    const options = { root: at('whole.zip'), transform, cacheDir: cacheDir() };
    const [train, test] = [await open(options), await open({ ...options, split: 'test' })];
    expect([train, test].map((each) => classBalance(each).map(({ count }) => count))).toEqual([
      [8, 8],
      [2, 2],
    ]);
    expect((await open({ ...options, holdOut: 0 })).length).toBe(20);
    expect((await open({ ...options, root: at('hotdog.zip'), split: 'test' })).length).toBe(4);
    await expect(open({ transform })).rejects.toEqual(error('INVALID_ARGUMENT', /image-archive needs a root/));
  });
});
