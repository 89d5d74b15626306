import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MeasureOptions, measure } from '../suite/measure.ts';
import { CannotStart, type Participant } from '../suite/participant.ts';

let log: string[] = [];
beforeEach(() => {
  log = [];
});

interface Behaviour {
  kind?: 'ours' | 'peer';
  output?: number[];
  wallMs?: number;
  missing?: string;
  failsInRound?: number;
}

function participant(
  name: string,
  { kind = 'ours', output = [1, 2], wallMs = 10, ...rest }: Behaviour = {},
): Participant {
  let rounds = 0;
  const { missing, failsInRound } = rest;
  return {
    engine: { name, kind, does: () => true, ...(missing && { missing }) },
    async introduce(file) {
      log.push(`${name} starts`);
      writeFileSync(file, Float32Array.from(output));
      return { versions: {}, threads: 1, firstMs: wallMs };
    },
    async round(iterations) {
      log.push(`${name} x${iterations}`);
      if (++rounds === failsInRound) throw new Error('out of memory\n  with a stack');
      return { wallMs, cpuMs: wallMs / 2, peakMB: 100 };
    },
    async stop() {
      log.push(`${name} stops`);
    },
  };
}

const options: MeasureOptions = {
  rounds: 2,
  items: 1,
  roundMs: 0,
  warmUps: 0,
  maxSeconds: 60,
  restMs: 0,
  onProgress: () => {},
};

describe('measure', () => {
  it('interleaves the rounds, each beginning with the next engine', async () => {
    await measure([participant('a'), participant('b'), participant('c')], options);
    expect(log.filter((line) => line.endsWith('x1'))).toEqual(['a x1', 'b x1', 'c x1', 'b x1', 'c x1', 'a x1']);
  });

  it('compares outputs with the first peer, and does not time what disagrees', async () => {
    const peer = participant('pytorch', { kind: 'peer' });
    const { reference, rows } = await measure(
      [peer, participant('right'), participant('wrong', { output: [1, 2.1] })],
      options,
    );
    expect(reference).toBe('pytorch');
    expect(rows[1]).toMatchObject({ error: 0, ratio: { pytorch: 1 } });
    expect(rows[2]!.missing).toMatch('not timed: its output differs from the reference by 4.5e-2');
    expect(rows[2]!.wallMs).toBeUndefined();
    expect(log).not.toContain('wrong x1');
  });

  it('runs without a peer, and then has neither ratios nor a reference', async () => {
    const { reference, rows } = await measure(
      [participant('pytorch', { kind: 'peer', missing: 'no torch' }), participant('wasm')],
      options,
    );
    expect(reference).toBeUndefined();
    expect(rows[0]!.missing).toBe('no torch');
    expect(rows[1]).toMatchObject({ ratio: {}, wallMs: { median: 10 } });
    expect(rows[1]!.error).toBeUndefined();
    expect(log).not.toContain('pytorch starts');
  });

  it('leaves out what is too slow, before any round', async () => {
    const { rows } = await measure([participant('slow', { wallMs: 61_000 })], options);
    expect(rows[0]!.missing).toBe('left out: one iteration takes 61 s (--max-seconds 60)');
    expect(log).toEqual(['slow starts', 'slow stops', 'slow stops']);
  });

  it('drops an engine that fails in a round, without a number, and goes on with the others', async () => {
    const { rows } = await measure([participant('a', { failsInRound: 1 }), participant('b')], options);
    expect(rows[0]).toMatchObject({ missing: 'out of memory', rounds: [] });
    expect(rows[0]!.wallMs).toBeUndefined();
    expect(rows[1]!.rounds).toHaveLength(2);
  });

  it('tells an engine that cannot start from one that fails in this case', async () => {
    const failing = (name: string, error: Error): Participant => ({
      ...participant(name),
      introduce: () => Promise.reject(error),
    });
    const { rows } = await measure(
      [failing('a', new CannotStart('no GPU')), failing('b', new Error('no file'))],
      options,
    );
    expect(rows[0]).toMatchObject({ missing: 'no GPU', cannotStart: true });
    expect(rows[1]!.missing).toBe('no file');
    expect(rows[1]!.cannotStart).toBeUndefined();
  });

  it('repeats a short iteration until the round is long enough', async () => {
    const { rows } = await measure([participant('a')], { ...options, warmUps: 1, roundMs: 300 });
    expect(rows[0]!.iterations).toBe(30);
    expect(log).toContain('a x30');
  });

  it('does not take a warm-up in which an engine compiled for the usual time', async () => {
    const times = [10, 500, 10];
    const compiling = {
      ...participant('a'),
      round: async () => ({ wallMs: times.shift() ?? 10, cpuMs: 5, peakMB: 100 }),
    };
    const { rows } = await measure([compiling], { ...options, warmUps: 2, roundMs: 300 });
    expect(rows[0]!.iterations).toBe(30);
  });

  it('divides by the items of an iteration', async () => {
    const { rows } = await measure([participant('a', { wallMs: 1000 })], { ...options, items: 100 });
    expect(rows[0]).toMatchObject({ wallMs: { median: 10 }, cpuMs: { median: 5 } });
    expect(rows[0]!.rounds[0]!.wallMs).toBe(10);
  });

  it('stops every engine at the end', async () => {
    await measure([participant('a'), participant('b')], options);
    expect(log.slice(-2)).toEqual(['a stops', 'b stops']);
  });
});
