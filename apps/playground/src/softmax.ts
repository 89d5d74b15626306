/** Probabilities of scores. */
export function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const exponentials = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
