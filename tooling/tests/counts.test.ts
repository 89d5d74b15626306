import { describe, expect, it } from 'vitest';
import { formatCounts, parseListedFailures, parseSummaryLines, parseVitestReport, settle } from '../test/counts.ts';

describe('test counts', () => {
  it('sums all summary lines, with and without skipped', () => {
    expect(parseSummaryLines('ok a\n3 passed, 1 failed\nok b\n4 passed, 0 failed, 2 skipped\n')).toEqual({
      passed: 7,
      failed: 1,
      skipped: 2,
    });
  });

  it('reads nothing into lines that only mention the words', () => {
    expect(parseSummaryLines('all 3 passed, 1 failed to load\n')).toBeUndefined();
  });

  it('counts a part that failed without saying so, and one that printed nothing, as a failure', () => {
    const fine = { passed: 5, failed: 0, skipped: 1 };
    expect(settle(0, fine)).toEqual(fine);
    expect(settle(1, fine)).toEqual({ passed: 5, failed: 1, skipped: 1 });
    expect(settle(1, { passed: 5, failed: 2, skipped: 0 })).toEqual({ passed: 5, failed: 2, skipped: 0 });
    expect(settle(0, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts listed failures as skipped and others as failed', () => {
    expect(parseListedFailures('wasm: as listed (16 s): 3900 passed, 20 failed, 4 skipped\n')).toEqual({
      passed: 3900,
      failed: 0,
      skipped: 24,
    });
    const differing = 'wasm: fail and are not in the list (3):\n    a\n    b\n    c\n';
    expect(parseListedFailures(`${differing}wasm: NOT as listed (16 s): 3897 passed, 23 failed, 4 skipped\n`)).toEqual({
      passed: 3897,
      failed: 3,
      skipped: 24,
    });
    expect(parseListedFailures('wasm: NOT as listed (1 s): 10 passed, 0 failed, 0 skipped\n')).toEqual({
      passed: 10,
      failed: 1,
      skipped: 0,
    });
    expect(parseListedFailures('wasm: the process ended with 1\n')).toBeUndefined();
  });

  it('counts a Vitest file that could not be loaded', () => {
    const report = {
      success: false,
      numPassedTests: 2,
      numFailedTests: 1,
      numPendingTests: 1,
      numTodoTests: 0,
      testResults: [
        { status: 'failed', assertionResults: [{}, {}] },
        { status: 'failed', assertionResults: [] },
      ],
    };
    expect(formatCounts(parseVitestReport(JSON.stringify(report)))).toBe('2 passed, 2 failed, 1 skipped');
  });
});
