import type { Rng } from '@zoo/core';

/** What a reader is given: the files of one folder by name. Most formats are one file. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** A case made by hand, of a kind that random changes do not reach. */
export interface HostileCase {
  /** What is wrong, e.g. 'deep nesting'. */
  kind: string;
  files: Files | Promise<Files>;
  /** A good file of about that size; ten times its cost is the ceiling. The target's own samples unless given. */
  like?: Files | Promise<Files>;
}

/** A format and its reader. */
export interface FuzzTarget {
  name: string;
  /** Share of the ordinary run's mutations. */
  share: number;
  /** Small good files. Each loads. */
  samples(folder: string): Promise<readonly Files[]>;
  /**
   * Reads what lies in `folder`, as a user would. Throws a ZooError where it refuses; throws anything else where what it
   * read is not what it says.
   */
  read(folder: string, files: Files): Promise<void>;
  hostile(): readonly HostileCase[];
  /** Changes a copy in its own way, e.g. entries of JSON; else bytes are changed. */
  mutate?(files: Files, rng: Rng): Files;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const megabyte = 2 ** 20;
