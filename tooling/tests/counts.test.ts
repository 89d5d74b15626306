import { describe, expect, it } from 'vitest';
import { formatCounts, parseSummaryLines, parseVitestReport, settle } from '../test/counts.ts';

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
