import { join } from 'node:path';
import { densenet_d2l } from '@zoo/densenet';
import { modelMetadata } from '@zoo/weights';
import { saveSafetensors } from '@zoo/weights/node';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatTable } from '../src/output/table.ts';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

/** Names that clear the screen, name the window, pose as another line, and turn text around. */
const classes = ['\x1b[2Jcleared', '\x9b2Jcleared', 'a\r\nzoo: all is well', 'gnp\u202eexe.', '\x07\x7f\u2066bell'];
const shown = [
  '\\x1b[2Jcleared',
  '\\x9b2Jcleared',
  'a\\x0d\nzoo: all is well',
  'gnp\\u202eexe.',
  '\\x07\\x7f\\u2066bell',
];

const obeyed = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

beforeAll(async () => {
  const options = { blocks: [1], growthRate: 4, numClasses: 5 };
  const net = densenet_d2l({ ...options, seed: 1 });
  const metadata = modelMetadata({ name: 'densenet_d2l', options });
  const path = join(cwd, 'net.safetensors');
  await saveSafetensors(path, await net.stateDict(), { ...metadata, 'zoo.classes': JSON.stringify(classes) });
  const other = { ...metadata, 'zoo.model': `\x1b]0;owned\x07${'x'.repeat(1_000_000)}` };
  await saveSafetensors(join(cwd, 'other.safetensors'), await net.stateDict(), other);
  net.dispose();
  await sharp({ create: { width: 96, height: 96, channels: 3, background: 'red' } }).toFile(join(cwd, 'red.png'));
});

describe('what a weight file says', () => {
  it('reaches the terminal as text, never as a sequence that it obeys', async () => {
    const { code, out } = await zoo(['predict', 'red.png', '-w', 'net.safetensors', '--top-k', '5'], { cwd });
    expect(code).toBe(0);
    expect(out).not.toMatch(obeyed);
    for (const name of shown) expect(out).toContain(name.replace('\n', '\\x0a'));
  });

  it('stays what it is in JSON, which is as safe to show', async () => {
    const argv = ['predict', 'red.png', '-w', 'net.safetensors', '--top-k', '5', '--json'];
    const { out } = await zoo(argv, { cwd });
    expect(out).not.toMatch(obeyed);
    const names = JSON.parse(out).predictions[0].answers.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual([...classes].sort());
  });

  it('is short and printable in errors', async () => {
    const text = await zoo(['predict', 'red.png', '-w', 'other.safetensors'], { cwd });
    expect(text.code).not.toBe(0);
    expect(text.err).toContain('\\x1b]0;owned\\x07xxx');
    expect(text.err).not.toMatch(obeyed);
    expect(text.err.length).toBeLessThan(5000);
    const json = await zoo(['predict', 'red.png', '-w', 'other.safetensors', '--json'], { cwd });
    expect(JSON.parse(json.out).error.message).toContain('\x1b]0;owned\x07xxx');
    expect(json.out).not.toMatch(obeyed);
  });
});

describe('tables', () => {
  it('keep their lines, and are no wider than a long name', () => {
    const table = formatTable({ head: ['Class'], rows: [['a\nb'], ['n'.repeat(1_000_000)]] });
    expect(table.split('\n')[1]).toBe('a\\x0ab');
    expect(table.length).toBeLessThan(1000);
  });
});
