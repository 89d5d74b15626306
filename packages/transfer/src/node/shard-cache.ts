import type { CopyRow } from '../features/feature-dataset.ts';
import type { Manifest } from './manifest.ts';
import { readFeatures, readingShard, verifyShard } from './shard.ts';

/** Features by tap. */
type Shard = ReadonlyMap<string, Float32Array>;

/** Bytes of features kept in memory; more would only be needed for larger stores read in random order. */
const capacity = 256 * 2 ** 20;

/** The shards that were read last; the first time that one is read, its hash is compared. */
export class ShardCache {
  readonly #dir: string;
  readonly #manifest: Manifest;
  /** First row of each shard, and the number of all rows. */
  readonly #starts: readonly number[];
  readonly #shards = new Map<number, Promise<Shard>>();
  readonly #verified = new Set<number>();

  constructor(dir: string, manifest: Manifest) {
    this.#dir = dir;
    this.#manifest = manifest;
    const starts = [0];
    for (const { rows } of manifest.shards) starts.push(starts.at(-1)! + rows);
    this.#starts = starts;
  }

  /** What copies `rows` of a tap; it holds on to their shards. */
  async copier(rows: ArrayLike<number>, { tap, width }: { tap: string; width: number }): Promise<CopyRow> {
    const needed = new Set(Array.from(rows, (row) => this.#shardOf(row)));
    const read = [...needed].map(async (number) => [number, await this.#shard(number)] as const);
    this.#makeRoom(needed);
    const shards = new Map(await Promise.all(read));
    return (row, target, offset) => {
      const number = this.#shardOf(row);
      const from = (row - this.#starts[number]!) * width;
      target.set(
        shards
          .get(number)!
          .get(tap)!
          .subarray(from, from + width),
        offset,
      );
    };
  }

  #shard(number: number): Promise<Shard> {
    const known = this.#shards.get(number);
    const reading = known ?? this.#read(number);
    this.#shards.delete(number); // and in again, as the latest
    this.#shards.set(number, reading);
    reading.catch(() => this.#shards.delete(number));
    return reading;
  }

  #read(number: number): Promise<Shard> {
    const entry = this.#manifest.shards[number]!;
    return readingShard(async () => {
      if (!this.#verified.has(number)) await verifyShard(this.#dir, entry);
      this.#verified.add(number);
      return readFeatures(this.#dir, this.#manifest, entry);
    });
  }

  #makeRoom(needed: ReadonlySet<number>): void {
    const { widths, shardRows } = this.#manifest;
    const shardBytes = 4 * shardRows * widths.reduce((sum, width) => sum + width, 0);
    for (const number of this.#shards.keys()) {
      if (this.#shards.size * shardBytes <= capacity) return;
      if (!needed.has(number)) this.#shards.delete(number);
    }
  }

  /** The shard of a row: the last one that begins at or before it. */
  #shardOf(row: number): number {
    let [low, high] = [0, this.#starts.length - 2];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
