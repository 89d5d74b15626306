import type { CompiledTrace } from './compiled-trace.ts';

/** Compiled structures; the least recently used go when there are too many, or when they hold too much memory. */
export class SessionCache {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, CompiledTrace>();
  hits = 0;
  misses = 0;

  constructor({ maxEntries, maxBytes }: { maxEntries: number; maxBytes: number }) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry for `key`, compiled now if it is not there. */
  get(key: string, compile: () => CompiledTrace): CompiledTrace {
    const known = this.#entries.get(key);
    if (known) {
      this.hits++;
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    this.misses++;
    const made = compile();
    this.#entries.set(key, made);
    this.#evict();
    return made;
  }

  clear(): void {
    for (const entry of this.#entries.values()) entry.dispose();
    this.#entries.clear();
  }

  /** The two latest always stay: training and validation take turns. */
  #evict(): void {
    let bytes = 0;
    for (const entry of this.#entries.values()) bytes += entry.bytes;
    for (const [key, entry] of this.#entries) {
      const tooMany = this.#entries.size > this.#maxEntries || bytes > this.#maxBytes;
      if (!tooMany || this.#entries.size <= 2) break;
      bytes -= entry.bytes;
      entry.dispose();
      this.#entries.delete(key);
    }
  }
}
