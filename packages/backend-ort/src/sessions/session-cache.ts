import type { Session } from './session.ts';

/** Compiled sessions by structure; the least recently used go when there are too many. */
export class SessionCache {
  readonly #limit: number;
  readonly #sessions = new Map<string, Session>();
  hits = 0;
  misses = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session for `key`, compiled now if it is not there. */
  get(key: string, compile: () => Session): Session {
    const known = this.#sessions.get(key);
    if (known) {
      this.hits++;
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      return known;
    }
    this.misses++;
    const session = compile();
    this.#sessions.set(key, session);
    for (const [oldest, { dispose: _ }] of this.#sessions) {
      if (this.#sessions.size <= this.#limit) break;
      this.#sessions.get(oldest)!.dispose();
      this.#sessions.delete(oldest);
    }
    return session;
  }

  clear(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }
}
