import { readFileSync, writeFileSync } from 'node:fs';

export interface Cost {
  /** CPU time of all threads of the process, in milliseconds. */
  cpuMs: number;
  /** How far the peak of resident memory rose above where it stood before, in bytes. */
  growth: number;
}

/** Linux forgets the peak so far when told to, so that every case has a peak of its own. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere only what exceeds the peak of the process is seen.
  }
}

function peakBytes(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/** What `run` costs, whether it throws or not. */
export async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  resetPeak();
  const before = peakBytes();
  const start = process.cpuUsage();
  await run().catch(() => {});
  const { user, system } = process.cpuUsage(start);
  return { cpuMs: (user + system) / 1000, growth: Math.max(0, peakBytes() - before) };
}

/** How many times the cost of a good file a hostile one may have. */
const factor = 10;
/** What the engine's compiler and collector take by themselves, whatever is read. */
const floor: Cost = { cpuMs: 400, growth: 96 * 2 ** 20 };

export const ceilingOf = (good: Cost): Cost => ({
  cpuMs: Math.max(factor * good.cpuMs, floor.cpuMs),
  growth: Math.max(factor * good.growth, floor.growth),
});

export const exceeds = (cost: Cost, ceiling: Cost): boolean =>
  cost.cpuMs > ceiling.cpuMs || cost.growth > ceiling.growth;
