import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { withFolderLock } from '@zoo/core/node';
import { generateShapesFolder } from '@zoo/datasets/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();
const classes = ['circle', 'square', 'triangle'] as const;

const study = `
name: Shapes <b>of</b> three kinds
seed: 3
out: out
data: { train: photos, validation: 0.25, test: photos }
backbones:
  - { model: lenet5_relu, weights: FASHION_MNIST }
  - { name: narrow, model: vgg11, weights: FASHION_MNIST, taps: [features, preLogits] }
heads: [logistic, { type: mlp, hidden: [8], epochs: 2 }]
ensemble: [soft, weighted, stack, { type: features, hidden: 8, epochs: 2 }]
report: { confused: 4, explain: 2 }
`;

const write = (name: string, text: string): Promise<void> => writeFile(join(cwd, name), text);
const run = (name: string, ...options: string[]): Promise<Outcome> => zoo(['run', name, ...options], { cwd });

let finished: Outcome;

beforeAll(async () => {
  await generateShapesFolder(join(cwd, 'photos'), { classes, train: 16, test: 8, size: 40, seed: 1 });
  await write('study.yaml', study);
  const before = tf.memory().numTensors;
  finished = await run('study.yaml', '--verbose');
  expect(tf.memory().numTensors).toBe(before);
});

/** What a run found, without the time it took. */
async function results(folder = 'out'): Promise<Record<string, unknown>> {
  const { timing: _, ...found } = JSON.parse(await readFile(join(cwd, folder, 'results.json'), 'utf8'));
  return JSON.parse(JSON.stringify(found, (key, value) => (key === 'seconds' ? 0 : value)));
}

describe('zoo run', () => {
  it('extracts features, trains heads, and chooses heads and ensemble on validation images', async () => {
    expect(finished.err).toBe('');
    expect(finished.code).toBe(0);
    expect(finished.out).toMatch(/^ensemble: stack /m);
    const { members, ensembles, data, measurement } = (await results()) as {
      members: { name: string; chosen: boolean; backbone: string; file?: string; validation: { accuracy: number } }[];
      ensembles: { chosen: boolean; validation: { accuracy: number } }[];
      data: object;
      measurement: { accuracy: number };
    };
    expect(data).toEqual({ train: 36, validation: 12, test: 24, classNames: classes });
    expect(members.map(({ name }) => name)).toEqual([
      'lenet5_relu + logistic',
      'lenet5_relu + mlp',
      'narrow + logistic',
      'narrow + mlp',
    ]);
    for (const backbone of ['lenet5_relu', 'narrow']) {
      const own = members.filter((member) => member.backbone === backbone);
      const chosen = own.filter((member) => member.chosen);
      expect(chosen).toHaveLength(1);
      expect(chosen[0]!.validation.accuracy).toBe(Math.max(...own.map(({ validation }) => validation.accuracy)));
      expect(chosen[0]!.file).toBe(`members/${backbone}.safetensors`);
    }
    expect(ensembles.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(measurement.accuracy).toBeGreaterThan(0.5);
  });

  it('reports on one page that needs no other file, with everything escaped', async () => {
    const html = await readFile(join(cwd, 'out/report.html'), 'utf8');
    expect(html).toContain('<title>Shapes &lt;b&gt;of&lt;/b&gt; three kinds</title>');
    expect(html).not.toContain('<b>of</b>');
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).not.toContain('<script');
    expect(html).toContain('What the members look at');
    expect(html).toContain('ensemble: features'); // a training curve
    expect(html).toContain('heads: [logistic'); // the file itself
  });

  it('uses stored features again, and finds the same', async () => {
    const first = await results();
    const again = await run('study.yaml', '--verbose');
    expect(again.out.match(/stored before/g)).toHaveLength(2);
    expect(await results()).toEqual(first);
  });

  it('leaves members that the other commands take', async () => {
    const image = join('photos/test/square', (await readdir(join(cwd, 'photos/test/square')))[0]!);
    for (const member of ['lenet5_relu', 'narrow']) {
      const weights = `out/members/${member}.safetensors`;
      const predicted = await zoo(['predict', image, '--weights', weights, '--json'], { cwd });
      expect(predicted.err).toBe('');
      const [{ answers }] = JSON.parse(predicted.out).predictions;
      expect(answers.map(({ name }: { name: string }) => name).sort()).toEqual(classes);
    }
    const nets = ['out/members/lenet5_relu.safetensors', 'out/members/narrow.safetensors'];
    const voted = await zoo(['ensemble', ...nets, '--data', 'photos', '--type', 'hard', '--json'], { cwd });
    expect(voted.err).toBe('');
    const { members } = JSON.parse(voted.out);
    const { members: expected } = (await results()) as { members: { chosen: boolean; test: { accuracy: number } }[] };
    expect(members.map(({ accuracy }: { accuracy: number }) => accuracy)).toEqual(
      expected.filter(({ chosen }) => chosen).map(({ test }) => test.accuracy),
    );
  });

  it('keeps out of a folder that another command writes into', async () => {
    await withFolderLock(join(cwd, 'out'), async () => {
      const refused = await run('study.yaml');
      expect(refused).toMatchObject({ code: 1, out: '' });
      expect(refused.err).toContain(`The folder out is in use by process ${process.pid}`);
    });
  });

  it('prints the plan and does nothing on a dry run', async () => {
    const { code, out } = await run('study.yaml', '--dry-run', '--out', 'dry');
    expect(code).toBe(0);
    expect(out).toContain('25 % of the training images');
    expect(out).toContain('4 members');
    expect(await readdir(cwd)).not.toContain('dry');
  });
});

describe('wrong studies', () => {
  it.each([
    ['missing.yaml', '', 1, 'Could not read the experiment'],
    ['tap.yaml', study.replace('features, preLogits', 'featurez'), 2, "Did you mean 'features'?"],
    ['model.yaml', study.replace('model: vgg11', 'model: vgg1l'), 2, "Did you mean 'vgg11'?"],
    ['data.yaml', study.replace('train: photos', 'train: ./fotos'), 1, 'There is no folder'],
    ['same.yaml', study.replace('test: photos', 'test: photos/train'), 1, 'The test images are the training images'],
    [
      'overlap.yaml',
      study.replace('0.25, test: photos', '{ source: photos, part: [0, 0.5] }, test: photos'),
      1,
      'have some in common',
    ],
    [
      'transform.yaml',
      study.replace('taps: [features', 'transforms: [{ transform: CentreCrop }], taps: [features'),
      2,
      "Did you mean 'CenterCrop'?",
    ],
    ['names.yaml', study.replace('- { model', '- { name: narrow, model'), 1, "two backbones are called 'narrow'"],
  ])('are refused: %s', async (name, text, code, part) => {
    if (text) await write(name, text);
    const outcome = await run(name, '--out', 'refused');
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toContain(part);
    expect(await readdir(cwd)).not.toContain('refused');
  });
});
