import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./training-process.ts', import.meta.url));

let folder: string;
let expected: unknown;

/** A training process, with what it has printed. */
class Training {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  output = '';
  errors = '';

  constructor(name: string, mode = '') {
    const args = [script, join(folder, `${name}.safetensors`), join(folder, `${name}.json`), mode];
    this.child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@zoo/source', ...args]);
    this.child.stdout!.on('data', (text) => {
      this.output += text;
    });
    this.child.stderr!.on('data', (text) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve({ code, signal })));
  }

  /** Waits until `text` has been printed; rejects when the process ends before. */
  async prints(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = () => (this.output + this.errors).includes(text) && resolve();
      this.child.stdout!.on('data', look);
      this.child.stderr!.on('data', look);
      look();
    });
    const over = this.ended.then(({ code }) => {
      if (!this.output.includes(text)) throw new Error(`exited with ${code} before '${text}': ${this.errors}`);
    });
    await Promise.race([seen, over]);
  }
}

const result = async (name: string) => JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-train-'));
  const { code } = await new Training('whole').ended;
  expect(code).toBe(0);
  expected = await result('whole');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('a training process', () => {
  it('killed at random moments ends as if it had not been', { timeout: 240_000 }, async () => {
    const rng = createRng(Number(process.env['ZOO_SEED'] ?? 11));
    let kills = 0;
    for (let run = 0; run < 4; run++) {
      const training = new Training('killed');
      await training.prints('saved');
      await pause(rng.int(300));
      training.child.kill('SIGKILL');
      if ((await training.ended).signal === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(1);
    expect((await new Training('killed').ended).code).toBe(0);
    expect(await result('killed')).toEqual(expected);
  });

  it('saves at Ctrl-C, says how to resume, and does', { timeout: 120_000 }, async () => {
    const training = new Training('stopped');
    await training.prints('saved');
    training.child.kill('SIGINT');
    expect((await training.ended).code).toBe(130);
    expect(training.errors).toMatch(/Saved .*stopped\.safetensors\. Run it again to resume\./);
    expect(existsSync(join(folder, 'stopped.json'))).toBe(false);
    expect((await new Training('stopped').ended).code).toBe(0);
    expect(await result('stopped')).toEqual(expected);
  });

  it('ends at once at a second Ctrl-C', { timeout: 60_000 }, async () => {
    const training = new Training('hanging', 'stall');
    await training.prints('stalled');
    training.child.kill('SIGINT');
    await training.prints('Ctrl-C again');
    training.child.kill('SIGINT');
    expect((await training.ended).code).toBe(130);
    expect(training.errors).not.toContain('Saved');
    expect(training.errors).toContain('steps after the last checkpoint are lost');
  });
});
