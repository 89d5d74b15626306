export interface SampleTableOptions {
  count: number;
  /** Source pixels per output pixel. */
  step: number;
  /** Source position of output position 0. */
  origin?: number;
  /** Number of source pixels. */
  limit: number;
}

/**
 * The source pixel under the centre of each output pixel along one axis, -1 outside the source. PIL adds up the steps
 * one by one, and so does this: a product would round differently.
 */
export function sampleTable({ count, step, origin = 0, limit }: SampleTableOptions): Int32Array {
  const table = new Int32Array(count);
  let position = origin + step * 0.5;
  for (let i = 0; i < count; i++) {
    const index = position < 0 ? -1 : Math.trunc(position);
    table[i] = index < limit ? index : -1;
    position += step;
  }
  return table;
}
