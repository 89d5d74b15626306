import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { program } from './program.ts';
import { temporaryFolder } from './test-io.ts';
import { writeTinyImages } from './tiny-images.ts';

const cwd = await temporaryFolder();
const env: NodeJS.ProcessEnv = { ...process.env, ZOO_BACKEND: process.env['ZOO_BACKEND'] || 'wasm' };

it('sets the exit code of the process', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, 'list', '--colour'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain("unknown option '--colour'");
});

it('does not mind a reader that leaves early', async () => {
  const child = spawn(process.execPath, [...program, '--help']);
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

const weights = fileURLToPath(
  new URL('../../../packages/lenet/weights/lenet5_relu-fashion-mnist.safetensors', import.meta.url),
);

it('takes many images on ONNX Runtime, and writes nothing below the home folder', async () => {
  const image = join(cwd, 'image-of-a-shirt.png');
  await sharp(Buffer.alloc(28 * 28, 100), { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toFile(image);
  const home = join(cwd, 'home');
  await mkdir(home);
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...bare } = env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [...program, 'predict', ...Array<string>(500).fill(image), '--weights', weights, '--backend', 'ort', '--json'],
    { cwd, env: { ...bare, HOME: home }, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout).predictions).toHaveLength(500);
  expect(await readdir(home)).toEqual([]);
});

// A device on which every write fails.
describe.skipIf(!existsSync('/dev/full'))('output that cannot be written', () => {
  const runTo = (redirection: string, ...argv: string[]) => {
    const words = [process.execPath, ...program, ...argv].map((word) => `'${word}'`).join(' ');
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `${words} ${redirection}`], {
      cwd,
      env,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it.each(['list', '--help', 'train softmax_regression --data tiny --epochs 1 --verbose'])(
    'is one line and exit code 1: zoo %s',
    async (command) => {
      await writeTinyImages(join(cwd, 'tiny'));
      const stderr = 'zoo: Could not write the output. The disk is full: free some space and try again.\n';
      expect(runTo('> /dev/full', ...command.split(' '))).toEqual({ status: 1, stdout: '', stderr });
    },
  );

  it('leaves other exit codes, and results, as they are', () => {
    expect(runTo('> /dev/full 2> /dev/full', 'list', '--json', 'nothing-like-it')).toMatchObject({ status: 2 });
    expect(runTo('2> /dev/full', 'list', 'lenet5')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('lenet5'),
    });
  });
});

describe('a second Ctrl-C', () => {
  it.each([
    [`evaluate ${weights}`, 'The evaluation was ended at once. Its result is lost.'],
    ['train softmax_regression', 'The training was ended at once. Its steps so far are lost.'],
  ])('ends zoo %s at once, and says what is lost', async (command, lost) => {
    await writeFile(
      join(cwd, 'stall.mjs'),
      `const load = () => {
         process.stderr.write('stalled\\n');
         return new Promise(() => setInterval(() => {}, 1000));
       };
       export default { name: 'stall', datasets: { stall: { load } } };`,
    );
    const child = spawn(
      process.execPath,
      [...program, ...command.split(' '), '--data', 'stall', '--plugin', './stall.mjs'],
      {
        cwd,
        env,
      },
    );
    let err = '';
    child.stderr.on('data', (data) => {
      const before = err;
      err += data;
      for (const sign of ['stalled', 'Ctrl-C again'])
        if (err.includes(sign) && !before.includes(sign)) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(err).toContain(`zoo: ${lost}\n`);
    expect(code).toBe(130);
  });
});
