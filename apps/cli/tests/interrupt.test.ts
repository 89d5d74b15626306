import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { program } from './program.ts';
import { type Outcome, temporaryFolder, zoo } from './test-io.ts';
import { writeTinyImages } from './tiny-images.ts';

const cwd = await temporaryFolder();
/** Enough that a signal sent after the third does not come too late. */
const epochs = '60';
const options = [
  'softmax_regression',
  '--data',
  'tiny',
  '--batch-size',
  '8',
  '--lr',
  '3e-4',
  '--seed',
  '2',
  '--deterministic',
];
interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Runs the program as a process of its own; `on` sees all it has printed. */
function spawnZoo(
  argv: readonly string[],
  on: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const env = { ...process.env, ZOO_BACKEND: process.env['ZOO_BACKEND'] || 'wasm' };
  const child = spawn(process.execPath, [...program, ...argv], { cwd, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
    on(out, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
}

const epochsOf = async (folder: string) => {
  const history = JSON.parse(await readFile(join(cwd, folder, 'history.json'), 'utf8'));
  return history.epochs.map(({ trainLoss, testLoss, testAccuracy }: Record<string, number>) => [
    trainLoss,
    testLoss,
    testAccuracy,
  ]);
};

const weightsOf = async (folder: string) => {
  const { tensors } = await readSafetensors(join(cwd, folder, 'model.safetensors'));
  return [...tensors].map(([name, { data }]) => [name, Array.from(data as Float32Array)]);
};

beforeAll(async () => {
  await writeTinyImages(join(cwd, 'tiny'));
  const whole = await zoo(['train', ...options, '--epochs', epochs, '--out', 'whole'], { cwd });
  expect(whole.code).toBe(0);
}, 60_000);

describe('Ctrl-C', () => {
  it('saves, says how to resume, and resuming gives the same training', async () => {
    const argv = ['train', ...options, '--epochs', epochs, '--out', 'stopped', '--verbose'];
    const stopped = await spawnZoo(argv, (text, kill) => {
      if (/epoch +2\//.test(text)) kill('SIGINT');
    });
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain('saved stopped/checkpoint.safetensors');
    expect(stopped.err).toContain('zoo train softmax_regression --data tiny --out stopped --resume');
    expect(stopped.err).not.toMatch(/\n {4}at /);
    const before = await epochsOf('stopped');
    expect(before.length).toBeGreaterThanOrEqual(2);
    expect(before.length).toBeLessThan(Number(epochs));

    const resumed = await zoo(
      ['train', 'softmax_regression', '--data', 'tiny', '--out', 'stopped', '--resume', '--verbose'],
      {
        cwd,
      },
    );
    expect(resumed.err).toBe('');
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain(`going on after ${before.length} of ${epochs} epochs`);
    expect(await epochsOf('stopped')).toEqual(await epochsOf('whole'));
    expect(await weightsOf('stopped')).toEqual(await weightsOf('whole'));
  }, 120_000);

  it('gives exit code 130 and a JSON error in this process too', async () => {
    let pressed = false;
    const watch = (text: string, interrupt: () => void) => {
      if (!pressed && text.includes('█')) {
        pressed = true;
        interrupt();
      }
    };
    const argv = ['train', ...options, '--epochs', epochs, '--out', 'pressed'];
    const { code, err } = await zoo(argv, { cwd, outIsTerminal: true, errIsTerminal: true, watch });
    expect(code).toBe(130);
    expect(err).toContain('Stopping after this step');
    expect(err).toContain(`Stopped after 0 of ${epochs} epochs`);
  });
});

describe('kill -9', () => {
  it('leaves the last checkpoint, from which the same training goes on', async () => {
    const argv = ['train', ...options, '--epochs', epochs, '--out', 'killed', '--checkpoint-every', '3', '--verbose'];
    const killed = await spawnZoo(argv, (text, kill) => {
      if (/epoch +3\//.test(text)) kill('SIGKILL');
    });
    expect(killed.signal).toBe('SIGKILL');
    const resumed = await zoo(['train', 'softmax_regression', '--data', 'tiny', '--out', 'killed', '--resume'], {
      cwd,
    });
    expect(resumed.err).toBe('');
    expect(resumed.code).toBe(0);
    expect(await epochsOf('killed')).toEqual(await epochsOf('whole'));
    expect(await weightsOf('killed')).toEqual(await weightsOf('whole'));
  }, 120_000);
});

// Only Unix can halt a process and let it go on.
describe.skipIf(process.platform === 'win32')('a run folder', () => {
  it('is refused to a second training while the first goes on, which ends as if alone', async () => {
    const argv = ['train', ...options, '--epochs', epochs, '--out', 'shared'];
    let second: Promise<Outcome> | undefined;
    let files: string[] = [];
    const first = await spawnZoo([...argv, '--verbose'], (text, kill) => {
      if (second || !/epoch +2\//.test(text)) return;
      kill('SIGSTOP'); // as one that computes for long: its event loop stands still
      files = readdirSync(join(cwd, 'shared'));
      second = zoo([...argv, '--resume'], { cwd }).finally(() => kill('SIGCONT'));
    });
    expect(files).toContain('checkpoint.safetensors');
    expect(await second).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /The folder shared is in use by process \d+ on .*\. Wait until that has ended, or name another folder by --out\.\n$/,
      ),
    });
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(await epochsOf('shared')).toEqual(await epochsOf('whole'));
    expect(await weightsOf('shared')).toEqual(await weightsOf('whole'));
    expect(readdirSync(join(cwd, 'shared')).filter((name) => name.includes('lock'))).toEqual([]);
  }, 120_000);
});

// Only Unix shells can limit how much a process may write.
describe.skipIf(process.platform === 'win32')('a disk that is full', () => {
  it('leaves the former checkpoint as it was, and says what is wrong', async () => {
    const argv = ['train', 'mlp', '--data', 'tiny', '--schedule', 'constant', '--out', 'full'];
    expect((await zoo([...argv, '--epochs', '1'], { cwd })).code).toBe(0);
    const path = join(cwd, 'full/checkpoint.safetensors');
    const kept = await readFile(path);
    const words = [process.execPath, ...program, ...argv, '--epochs', '3', '--resume'].map((word) => `'${word}'`);
    const env = { ...process.env, ZOO_BACKEND: process.env['ZOO_BACKEND'] || 'wasm' };
    const ended = spawnSync('sh', ['-c', `ulimit -f 200; ${words.join(' ')}`], { cwd, env, encoding: 'utf8' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/Could not write .*full\/\w+\.safetensors\. The file would be larger/);
    expect((await readFile(path)).equals(kept)).toBe(true);
    expect((await zoo([...argv, '--epochs', '2', '--resume'], { cwd })).code).toBe(0);
  });
});
