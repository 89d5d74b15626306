import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Failure, text } from '../../download/failures.ts';
import type { FileVersion } from '../../download/version.ts';

// A link planted under the part's name must not lead the writing elsewhere. Windows lacks the flag: `lstat` sees it there.
const noFollow = constants.O_NOFOLLOW ?? 0;

/** SHA-256 of a file's first `length` bytes, to be gone on with. */
export async function hashOfStart(path: string, length: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (length > 0) for await (const piece of createReadStream(path, { end: length - 1 })) hash.update(piece);
  return hash;
}

const partOf = (path: string): string => `${path}.part`;
const noteOf = (path: string): string => `${path}.part.json`;

export async function removePart(path: string): Promise<void> {
  await rm(partOf(path), { force: true });
  await rm(noteOf(path), { force: true });
}

/** A server that answers with an error leaves nothing to go on from. */
export async function removeEmptyPart(path: string): Promise<void> {
  const part = await lstat(partOf(path)).catch(() => undefined);
  if (part?.size === 0) await removePart(path);
}

/** Opens the part that is there, or a new one. A link in its place, or a second name of another file, is taken away first. */
async function openPart(part: string): Promise<FileHandle> {
  const there = await lstat(part).catch(() => undefined);
  const own = there?.isFile() === true && there.nlink === 1;
  if (there && !own) await rm(part, { force: true });
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  return open(part, own ? O_RDWR | noFollow : O_RDWR | O_CREAT | O_EXCL | noFollow, 0o666);
}

/** The growing file `path.part`, and beside it what tells which version its bytes are of. */
export class Part {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<Part> {
    return new Part(path, await openPart(partOf(path)));
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  hashOfStart(length: number): Promise<Hash> {
    return hashOfStart(partOf(this.#path), length);
  }

  /** The version that the bytes are of, if they came from `url`. */
  async version(url: string): Promise<FileVersion> {
    const flag = constants.O_RDONLY | noFollow;
    try {
      const note = JSON.parse(await readFile(noteOf(this.#path), { encoding: 'utf8', flag }));
      return note.url === url ? note : {};
    } catch {
      return {}; // there is none, or none that can be read
    }
  }

  async note(url: string, version: FileVersion): Promise<void> {
    await rm(noteOf(this.#path), { force: true });
    await writeFile(noteOf(this.#path), JSON.stringify({ url, ...version }), { flag: 'wx' });
  }

  /** Positioned writes keep two processes at the same part from mixing their pieces. */
  async write(piece: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < piece.length; ) {
        done += (await this.#handle.write(piece, done, piece.length - done, position + done)).bytesWritten;
      }
    } catch (cause) {
      await removePart(this.#path);
      throw new Failure('stop', 'WRITE_FAILED', `Could not write ${this.#path}: ${text(cause)}.`, cause);
    }
  }

  async clear(): Promise<void> {
    await this.#handle.truncate(0);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Gives the finished part its name, unless another process that fetched the same file has just done so. */
  async publish(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes);
    await this.#handle.sync();
    await this.#handle.close();
    try {
      await rename(partOf(this.#path), this.#path); // takes a link's place, does not follow it
    } catch (error) {
      const finished = await stat(this.#path).catch(() => undefined);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || finished?.size !== bytes) throw error;
    }
    await rm(noteOf(this.#path), { force: true });
  }
}
