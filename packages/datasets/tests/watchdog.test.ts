import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Watchdog } from '../src/workers/watchdog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function deferred() {
  let end = () => {};
  const work = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work, end };
}

describe('Watchdog', () => {
  test('gives everything up when nothing ends for so long, and names it in order', async () => {
    const watchdog = new Watchdog<string>(10, (awaited) => new Error(`waits for ${awaited}`));
    const [first, second, third] = [deferred(), deferred(), deferred()];
    const results = Promise.allSettled([first, second, third].map(({ work }, i) => watchdog.watch('abc'[i]!, work)));
    await vi.advanceTimersByTimeAsync(9_000);
    second.end();
    await vi.advanceTimersByTimeAsync(9_000); // 18 s in all, but only 9 without a sign of life
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await results).map((each) => (each.status === 'rejected' ? each.reason.message : each.status))).toEqual([
      'waits for a,c',
      'fulfilled',
      'waits for a,c',
    ]);
    expect(vi.getTimerCount()).toBe(0);
    await expect(watchdog.watch('d', deferred().work)).rejects.toThrow('waits for a,c');
  });

  test('waits for ever with 0 seconds, and needs no timer while nothing is awaited', async () => {
    const forever = new Watchdog<string>(0, () => new Error('never'));
    void forever.watch('a', deferred().work);
    expect(vi.getTimerCount()).toBe(0);
    const watchdog = new Watchdog<string>(1, () => new Error('late'));
    const { work, end } = deferred();
    const watched = watchdog.watch('a', work);
    expect(vi.getTimerCount()).toBe(1);
    end();
    await watched;
    expect(vi.getTimerCount()).toBe(0);
  });
});
