/**
 * The number of calls after which a recording repeats itself, or undefined where its last half does not. Graphs that are
 * cut at multiples of it are equal, and compiled once.
 */
export function periodOf(signatures: readonly number[]): number | undefined {
  const n = signatures.length;
  const at = (i: number) => signatures[n - 1 - i];
  // Z-function of the reversed recording: how far it agrees with itself, shifted by i.
  const agreement = new Int32Array(n);
  let [left, right] = [0, 0];
  for (let i = 1; i < n; i++) {
    let length = i < right ? Math.min(right - i, agreement[i - left]!) : 0;
    while (i + length < n && at(length) === at(i + length)) length++;
    agreement[i] = length;
    if (i + length > right) [left, right] = [i, i + length];
    if (2 * i <= n && length >= i && 2 * (i + length) >= n) return i;
  }
  return undefined;
}
