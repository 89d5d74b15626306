/** Nobody mistypes a longer name, and files hold names of any length. */
const maxLength = 100;
/** Most entries of distance tables that one search fills: 20 ms. */
const maxWork = 5_000_000;

/**
 * Optimal-string-alignment distance: insertions, deletions, substitutions and swaps of neighbours. Ends early, with some
 * number from `limit` on, once the distance cannot be below it.
 */
function editDistance(a: string, b: string, limit: number): number {
  let [before, last, row] = [0, 1, 2].map(() => new Uint16Array(b.length + 1)) as [
    Uint16Array,
    Uint16Array,
    Uint16Array,
  ];
  for (let j = 0; j <= b.length; j++) last[j] = j;
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const substitution = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row[j] = best;
      if (best < least) least = best;
    }
    if (least > limit) return least; // a swap reaches back one row, and saves one
    [before, last, row] = [last, row, before];
  }
  return last[b.length]!;
}

/** The candidate closest to `name`, or undefined when none is near enough to be what was meant. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > maxLength) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(name.length / 3)) + 1;
  let work = 0;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    work += wanted.length * candidate.length;
    if (work > maxWork) break;
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
