export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Sums every line that reads `N passed, N failed` with or without `, N skipped`. */
export function parseSummaryLines(output: string): Counts | undefined {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\r?$/gm)];
  if (lines.length === 0) return undefined;
  return lines
    .map(([, passed, failed, skipped = '0']) => ({
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(skipped),
    }))
    .reduce(addCounts, none);
}

/**
 * Counts of `pnpm test:tfjs`, which compares each run with a committed list of failures: those in the list count as
 * skipped, those that are not as failed.
 */
export function parseListedFailures(output: string): Counts | undefined {
  const summary = /^\w+: (NOT )?as listed \(\d+ s\): (\d+) passed, (\d+) failed, (\d+) skipped\r?$/gm;
  const runs = [...output.matchAll(summary)].map(([, differs, passed, failed, skipped]) => {
    const unlisted = Number(/^\w+: fail and are not in the list \((\d+)\):\r?$/m.exec(output)?.[1] ?? 0);
    return {
      passed: Number(passed),
      failed: differs ? Math.max(1, unlisted) : 0,
      skipped: Number(skipped) + Number(failed) - unlisted,
    };
  });
  return runs.length > 0 ? runs.reduce(addCounts, none) : undefined;
}

interface VitestReport {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/** Counts of Vitest's JSON report; a file that could not be loaded counts as one failure. */
export function parseVitestReport(json: string): Counts {
  const report = JSON.parse(json) as VitestReport;
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** A part that failed without saying how many, or that said nothing at all, counts as one failure. */
export function settle(code: number, counts: Counts | undefined): Counts {
  const known = counts ?? none;
  return known.failed === 0 && (code !== 0 || counts === undefined) ? { ...known, failed: 1 } : known;
}
