import { ZooError } from '@zoo/core';
import { rebuiltError } from './workers/errors.ts';
import type { Failure } from './workers/job.ts';

/** A file that was left out. */
export interface BadFile {
  name: string;
  index: number;
  error: ZooError;
}

export interface BadFileOptions {
  /**
   * What becomes of a file that cannot be read or decoded: it fails its batch (default), or is left out of it. A transform
   * that throws fails the batch all the same, unless 'skipAny' leaves out whatever fails.
   */
  onBadFile?: 'throw' | 'skip' | 'skipAny';
  /** Called once for every file that is left out. */
  onSkip?: (bad: BadFile) => void;
}

/** Failures that another file in its place would mend. */
const fileCodes: ReadonlySet<string> = new Set(['FILE_NOT_FOUND', 'CORRUPT_FILE', 'NOT_SUPPORTED']);

/** The files of a dataset that are left out of its batches. */
export class BadFiles {
  private readonly policy: NonNullable<BadFileOptions['onBadFile']>;
  private readonly onSkip: BadFileOptions['onSkip'];
  private readonly nameOf: (index: number) => string;
  private readonly found = new Map<number, BadFile>();

  constructor({ onBadFile = 'throw', onSkip }: BadFileOptions, owner: string, nameOf: (index: number) => string) {
    if (onBadFile !== 'throw' && onBadFile !== 'skip' && onBadFile !== 'skipAny') {
      const message = `${owner}: onBadFile is 'throw', 'skip' or 'skipAny', got '${onBadFile}'.`;
      throw new ZooError('INVALID_ARGUMENT', message);
    }
    this.policy = onBadFile;
    this.onSkip = onSkip;
    this.nameOf = nameOf;
  }

  /** Those left out so far, in the dataset's order. */
  get list(): readonly BadFile[] {
    return [...this.found.values()].sort((a, b) => a.index - b.index);
  }

  /** Throws the first failure that is not to be left out, or notes all of them and tells which positions are good. */
  leaveOut(indices: Uint32Array, failures: readonly Failure[]): number[] {
    const fatal = failures.find(({ of }) => this.policy === 'throw' || (this.policy === 'skip' && of === 'transform'));
    if (fatal) {
      const isBadFile = fatal.of === 'file' && fileCodes.has(fatal.code);
      const hint = isBadFile ? " Replace the file, or leave such files out with onBadFile: 'skip'." : '';
      throw rebuiltError({ ...fatal, message: `${fatal.message}${hint}` });
    }
    for (const failure of failures) {
      const index = indices[failure.position]!;
      if (this.found.has(index)) continue;
      const bad = { name: this.nameOf(index), index, error: rebuiltError(failure) };
      this.found.set(index, bad);
      this.onSkip?.(bad);
    }
    const failed = new Set(failures.map(({ position }) => position));
    return Array.from(indices.keys()).filter((position) => !failed.has(position));
  }
}
