import { describe, expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

describe('zoo', () => {
  it('prints help and exits with 2 when nothing is asked for, with 0 for --help', async () => {
    const bare = await zoo([]);
    expect(bare).toMatchObject({ code: 2, out: '' });
    expect(bare.err).toContain('Usage: zoo');
    const help = await zoo(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Examples:');
  });

  it.each([
    'doctor',
    'list',
    'summary',
    'train',
    'evaluate',
    'predict',
    'extract',
    'head',
    'finetune',
    'ensemble',
    'explain',
    'run',
  ])('has help with examples for %s', async (name) => {
    const { code, out } = await zoo([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: zoo ${name}`);
    expect(out).toContain('Examples:');
    expect(out).toContain('--json');
  });

  it('prints its version', async () => {
    const { code, out } = await zoo(['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('refuses unknown commands and options with a suggestion', async () => {
    const command = await zoo(['trian', 'lenet5']);
    expect(command.code).toBe(2);
    expect(command.err).toContain('Did you mean train?');
    const option = await zoo(['train', 'lenet5', '--data', 'fashion-mnist-mini', '--epoch', '3']);
    expect(option.code).toBe(2);
    expect(option.err).toContain("unknown option '--epoch'");
    expect(option.err).toContain('--epochs');
    expect((await zoo(['summary', 'lenet5', 'mlp'])).code).toBe(2);
    expect((await zoo(['summary'])).code).toBe(2);
  });

  it('reports errors as JSON too, without a stack trace unless --debug asks for it', async () => {
    const { code, out, err } = await zoo(['summary', 'lenet55', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({ error: { code: 'UNKNOWN_NAME', message: expect.stringContaining("'lenet5'") } });
    expect(err).not.toMatch(/\n {4}at /);
    expect((await zoo(['summary', 'lenet55', '--debug'])).err).toMatch(/\n {4}at /);
    expect(JSON.parse((await zoo(['list', '--colour', '--json'])).out).error.code).toBe('USAGE');
  });

  it.each([
    [['summary', 'lenet5', '--input', '1,28,x'], '--input takes sizes separated by commas'],
    [['summary', 'lenet5', '--layout', 'nhcw'], "--layout takes one of nchw, nhwc. Did you mean 'nchw'?"],
    [
      ['train', 'lenet5', '--data', 'fashion-mnist-mini', '--epochs', '0'],
      "--epochs takes a whole number from 1; got '0'",
    ],
    [['train', 'lenet5', '--data', 'fashion-mnist-mini', '--lr', 'fast'], "--lr takes a number above 0; got 'fast'"],
    [['train', 'lenet5', '--data', 'fashion-mnist-mini', '--optimizer', 'adma'], "Did you mean 'adam'?"],
    [
      ['train', 'lenet5', '--data', 'fashion-mnist-mini', '--momentum', '0.9', '--optimizer', 'adam'],
      'goes with sgd and rmsprop',
    ],
    [['list', 'lenet*', '--datasets'], 'A pattern goes with models'],
  ])('refuses %j', async (argv, message) => {
    const { code, err, out } = await zoo(argv, { cwd });
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

describe('zoo list', () => {
  it('lists models with their parameters', async () => {
    const { code, out } = await zoo(['list', 'lenet5*']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toEqual([
      'Model        Package     Parameters',
      'lenet5       @zoo/lenet      61,706',
      'lenet5_relu  @zoo/lenet      61,706',
    ]);
  });

  it('gives JSON', async () => {
    const { models } = JSON.parse((await zoo(['list', '--json'])).out);
    expect(models).toContainEqual({ name: 'lenet_bn', plugin: '@zoo/lenet', parameters: 44878 });
    const { datasets } = JSON.parse((await zoo(['list', '--datasets', '--json'])).out);
    expect(datasets.map((d: { name: string }) => d.name)).toContain('fashion-mnist-mini');
    const { backends } = JSON.parse((await zoo(['list', '--backends', '--json'])).out);
    expect(backends.map((b: { name: string }) => b.name)).toEqual([
      'cuda',
      'webgpu',
      'tensorflow',
      'ort',
      'wasm',
      'cpu',
    ]);
  });

  it('suggests a name when nothing matches', async () => {
    const { code, err } = await zoo(['list', 'lenet7']);
    expect(code).toBe(2);
    expect(err).toContain("Did you mean 'lenet5'?");
  });
});

describe('zoo summary', () => {
  it('prints the shape table of the course notes', async () => {
    const { code, out } = await zoo(['summary', 'lenet5', '--input', '1,1,28,28', '--layout', 'nchw']);
    expect(code).toBe(0);
    for (const shape of [
      '[1, 6, 28, 28]',
      '[1, 6, 14, 14]',
      '[1, 16, 10, 10]',
      '[1, 16, 5, 5]',
      '[1, 400]',
      '[1, 120]',
      '[1, 84]',
      '[1, 10]',
    ])
      expect(out).toContain(shape);
    expect(out).toContain('Parameters 61,706');
  });

  it("uses the model's own image size, and options of the model", async () => {
    const summary = JSON.parse(
      (await zoo(['summary', 'mlp', '--num-classes', '3', '--in-channels', '3', '--json'])).out,
    );
    expect(summary).toMatchObject({ model: 'mlp', inputShape: [1, 28, 28, 3], layout: 'nhwc' });
    expect(summary.rows[0].outputShape).toEqual([1, 3]);
    expect(summary.parameters).toBe(28 * 28 * 3 * 256 + 256 + 256 * 3 + 3);
  });

  it('names the layer that a shape does not fit', async () => {
    const { code, err } = await zoo(['summary', 'lenet5', '--input', '1,3,28,28', '--layout', 'nchw']);
    expect(code).toBe(1);
    expect(err).toContain("Layer 'features.0' (Conv2d)");
  });

  it('asks for a shape where the model has none', async () => {
    const { code, err } = await zoo(['summary', 'linear_regression']);
    expect(code).toBe(1);
    expect(err).toContain('--input');
    expect((await zoo(['summary', 'linear_regression', '--input', '5,2'])).out).toContain('[5, 1]');
  });
});

describe('zoo doctor', () => {
  it('says what works and what was chosen', async () => {
    const { code, out } = await zoo(['doctor', '--backend', 'cpu']);
    expect(code).toBe(0);
    expect(out).toContain(`Node ${process.version}`);
    expect(out).toMatch(/^cpu +chosen/m);
    expect(out).toMatch(/^wasm +yes/m);
  });

  it('gives JSON with every backend and plug-in', async () => {
    const report = JSON.parse((await zoo(['doctor', '--json'], { env: { ZOO_BACKEND: 'cpu' } })).out);
    expect(report).toMatchObject({ tfjs: '4.22.0', current: 'cpu' });
    expect(report.backends).toHaveLength(6);
    expect(report.fallbackKernels).toEqual([]); // plain JavaScript leaves nothing to itself
    expect(report.plugins).toContainEqual({ package: '@zoo/lenet', origin: 'built-in' });
  });

  it('fails, with the reason, when the wanted backend cannot be had', async () => {
    const { code, out } = await zoo(['doctor', '--backend', 'cuda']);
    if (process.env['ZOO_BACKEND'] === 'cuda') expect(code).toBe(0);
    else {
      expect(code).toBe(1);
      expect(out).toContain("Problem: Backend 'cuda' cannot be used");
    }
    const wrong = await zoo(['doctor'], { env: { ZOO_BACKEND: 'wsam' } });
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain("Did you mean 'wasm'?");
  });
});
