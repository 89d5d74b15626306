import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../src/experiment/read-experiment.ts';

const least = `
data: { train: fashion-mnist-mini, test: fashion-mnist-mini }
backbones:
  - { model: lenet5_relu, weights: FASHION_MNIST }
`;

function refusal(text: string): string {
  try {
    parseExperiment(text, 'study.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('experiment files', () => {
  it('take short forms and fill in defaults', () => {
    const experiment = parseExperiment(`${least}heads: logistic\nensemble: [soft, { type: features, hidden: 8 }]`, 'a');
    expect(experiment.data.train).toEqual({ source: 'fashion-mnist-mini' });
    expect(experiment.data.validation).toEqual({ fraction: 0.2 });
    expect(experiment.backbones[0]).toMatchObject({ taps: ['preLogits'], pool: 'avg', options: {} });
    expect(experiment.heads).toEqual([{ type: 'logistic', solver: 'lbfgs', maxIterations: 200 }]);
    expect(experiment.ensemble[1]).toMatchObject({ type: 'features', hidden: 8, epochs: 30 });
  });

  it('may be JSON', () => {
    const json = JSON.stringify({
      data: { train: 'a', validation: 0.5, test: 'b' },
      backbones: [{ model: 'm', weights: 'w' }],
    });
    expect(parseExperiment(json, 'a.json').data.validation).toEqual({ fraction: 0.5 });
  });

  it('ship one that is right', async () => {
    const path = new URL('../examples/fashion-mnist.yaml', import.meta.url);
    expect(parseExperiment(await readFile(path, 'utf8'), 'example').backbones).toHaveLength(3);
  });

  it('are refused with line, place, what belongs there and what stands there', () => {
    const message = refusal(`data:
  train: fashion-mnist-mini
  validtion: 0.2
  validation: 3
  test: { source: x, spli: 3 }
seed: -1
backbones:
  - model: 3
    pool: avgg
heads:
  - lienar
  - type: linear
    epochz: 3
`);
    expect(message.split('\n').map((line) => line.trim())).toEqual([
      'study.yaml is no experiment:',
      "line 3: data: there is no 'validtion' here. Did you mean 'validation'? Known: train, validation, test, images, transforms.",
      'line 4: data.validation.fraction: takes a number between 0 and 1; got 3.',
      "line 5: data.test: there is no 'spli' here. Did you mean 'split'? Known: source, split, part.",
      'line 6: seed: takes a whole number from 0 to 4294967295; got -1.',
      'line 8: backbones[0].model: takes a model; got 3.',
      'line 8: backbones[0].weights: takes weights: a record, a file, an https: address or an hf: id; it is missing.',
      `line 9: backbones[0].pool: takes one of avg, max, none. Did you mean 'avg'? got "avgg".`,
      `line 11: heads[0].type: takes an object whose type is one of linear, mlp, logistic, knn. Did you mean 'linear'? got "lienar".`,
      "line 13: heads[1]: there is no 'epochz' here. Did you mean 'epochs'? Known: type, epochs, batchSize, optimizer, lr, weightDecay, dropRate.",
    ]);
  });

  it.each([
    ['name: [oops\n', 'Flow sequence'],
    ['a: 1\na: 2\n', "line 2: the key 'a' is there twice"],
    ['', 'line 1: the file is empty'],
    ['[1, 2]', 'takes an object with data, backbones and more; got [1,2]'],
    [`${least}name: *x`, "line 5: there is no anchor '&x'"],
  ])('are refused when they are no YAML or no object: %j', (text, part) => {
    expect(refusal(text)).toContain(part);
  });
});
