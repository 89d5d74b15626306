import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listNames, nearest, parseJson, refuseUnknown, shorten, unknownName, ZooError } from '../src/index.ts';
import { readJson } from '../src/node.ts';

/** Seconds of processor time that `work` takes. */
function cpuSeconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const refusal = (json: string | Uint8Array): ZooError => {
  try {
    parseJson(json, { name: 'list.json' });
  } catch (error) {
    if (error instanceof ZooError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

const megabyte = 'x'.repeat(1_000_000);

describe('the nearest name', () => {
  it('is found as before, swaps included', () => {
    expect(nearest('desnenet121', ['densenet121', 'densenet169'])).toBe('densenet121');
    expect(nearest('RESNET18', ['resnet81', 'resnet18'])).toBe('resnet18');
    expect(nearest('lr', ['bias', 'l'])).toBe('l');
    expect(nearest('ab', ['ba', 'abcde'])).toBe('ba');
    expect(nearest('vgg', ['resnet18'])).toBeUndefined();
  });

  it('costs nothing for names and lists of any length', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => `features.${i}.weight.of.a.very.long.name.indeed.${i}`);
    const seconds = cpuSeconds(() => {
      expect(nearest(megabyte, [megabyte.slice(1), 'x'])).toBeUndefined();
      expect(nearest('x', [megabyte])).toBeUndefined();
      nearest('features.1.weight.of.a.very.long.name.indeed.x', many);
    });
    expect(seconds).toBeLessThan(5);
  });
});

describe('messages', () => {
  it('show the begin of a long name and its length', () => {
    expect(shorten('conv1.weight')).toBe('conv1.weight');
    expect(shorten(megabyte)).toBe(`${'x'.repeat(100)}... (1,000,000 characters)`);
    expect(shorten('🦓'.repeat(100), 5)).toBe('🦓🦓... (200 characters)');
    expect(listNames(['a', 'b'])).toBe('a, b');
    expect(listNames(['first', 'second', 'third'], 14)).toBe('first, second and 1 more');
  });

  it('are bounded, whatever is put into them', () => {
    expect(unknownName('model', megabyte, [megabyte, 'lenet']).message.length).toBeLessThan(500);
    expect(() => refuseUnknown('Net', { [megabyte]: 1 }, ['bias'])).toThrow(
      /^Net has no option 'x{100}\.\.\. \(1,000,000/,
    );
    const { message, stack } = new ZooError('CORRUPT_FILE', `a.safetensors: tensor '${megabyte}' is cut short.`);
    expect(message).toMatch(/^a\.safetensors: tensor 'x+ \[\.\.\. \d+,\d+ characters \.\.\.\] x+' is cut short\.$/);
    expect(message.length).toBeLessThan(4100);
    expect(stack!.length).toBeLessThan(20_000);
  });
});

describe('JSON from outside', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zoo-json-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is parsed as ever', () => {
    const value = { a: [1, { b: '[[["\\' }], 'k"{': null };
    expect(parseJson(JSON.stringify(value), { name: 'x' })).toEqual(value);
    expect(parseJson(new TextEncoder().encode('[1.5]'), { name: 'x' })).toEqual([1.5]);
    expect(parseJson('"[[[["', { name: 'x', maxDepth: 1 })).toBe('[[[[');
    expect(parseJson('{"a":"#"}', { name: 'x', reviver: (_, v) => (v === '#' ? 7 : v) })).toEqual({ a: 7 });
  });

  it.each([
    ['lists without end', '['.repeat(15_000_000), /^list\.json nests lists or objects more than 64 deep/],
    ['objects without end', '{"a":'.repeat(3_000_000), /more than 64 deep/],
    ['millions of lists', `[${'[],'.repeat(5_000_000)}[]]`, /has more than 1000000 lists and objects/],
    ['70 MB', `"${'x'.repeat(70_000_000)}"`, /has 70000002 bytes of JSON, more than the limit of 67108864/],
    ['a text without end', `["${'\\'.repeat(1_000_001)}`, /is not JSON: /],
  ])('of %s is refused at once', (_, json, message) => {
    const before = process.memoryUsage().rss;
    const seconds = cpuSeconds(() => {
      const { code, message: told } = refusal(json);
      expect([code, told]).toEqual(['CORRUPT_FILE', expect.stringMatching(message)]);
      expect(told.length).toBeLessThan(500);
    });
    expect(seconds).toBeLessThan(5);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  it('is refused where it is none', () => {
    expect(refusal('{"a":').message).toMatch(/^list\.json is not JSON: /);
    expect(refusal(Uint8Array.of(0x22, 0xff, 0x22)).message).toBe('list.json is not JSON: it is no text in UTF-8.');
  });

  it('is read from a file no longer than the limit', async () => {
    const path = join(folder, 'a.json');
    await writeFile(path, '{"a":[1]}');
    expect(await readJson(path)).toEqual({ a: [1] });
    await expect(readJson(path, { maxLength: 8 })).rejects.toThrow(`${path} has 9 bytes, more than the limit of 8.`);
    const missing = await readJson(join(folder, 'none.json')).catch((error: unknown) => error as ZooError);
    expect(missing).toMatchObject({ code: 'FILE_NOT_FOUND', cause: { code: 'ENOENT' } });
  });
});
