import * as nodeFs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isZooError, ZooError } from '../error.ts';
import { writeAdvice } from './write-advice.ts';

/** The file operations used here, so that a test can make each one fail. */
export type AtomicFs = Pick<typeof nodeFs, 'open' | 'readdir' | 'realpath' | 'rename' | 'rm' | 'stat'>;

/** Parts of a file, also such as are made while it is written. */
type Pieces = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

const staleAfterMs = 60 * 60 * 1000;

/** Removes what killed writers left in `folder` under temporary names, once it is too old to be in use. */
export async function removeStale(
  fs: Pick<AtomicFs, 'readdir' | 'rm' | 'stat'>,
  folder: string,
  prefix: string,
): Promise<void> {
  for (const entry of await fs.readdir(folder)) {
    if (!entry.startsWith(prefix) || !entry.endsWith('.tmp')) continue;
    const path = join(folder, entry);
    const { mtimeMs } = await fs.stat(path);
    if (Date.now() - mtimeMs > staleAfterMs) await fs.rm(path, { recursive: true, force: true });
  }
}

/** Makes the rename itself last through a power cut. Windows cannot open folders and needs no such call. */
async function syncFolder(fs: AtomicFs, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(fs: AtomicFs, path: string, pieces: Pieces): Promise<void> {
  const handle = await fs.open(path, 'wx');
  try {
    for await (const piece of pieces) {
      let written = 0;
      while (written < piece.length) written += (await handle.write(piece, written)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes `pieces` one after the other as the file `path`, which at any moment holds either its former or its new content:
 * a temporary file in the same folder is written, flushed to the disk and renamed.
 * Throws `WRITE_FAILED`; the temporary file is then gone and the former file untouched.
 */
export async function writeFileAtomic(path: string, pieces: Pieces, fs: AtomicFs = nodeFs): Promise<void> {
  const target = await fs.realpath(path).catch(() => path); // a symbolic link stays one, as with a plain write
  const folder = dirname(target);
  const prefix = `.${basename(target)}.`;
  const temporary = join(folder, `${prefix}${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
  try {
    await writeAll(fs, temporary, pieces);
    await fs.rename(temporary, target);
  } catch (cause) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    if (isZooError(cause)) throw cause; // of whoever makes the pieces
    const message = `Could not write ${path}. ${writeAdvice(cause)} A former file of that name is unchanged.`;
    throw new ZooError('WRITE_FAILED', message, { cause });
  }
  await syncFolder(fs, folder).catch(() => {}); // the new file is in place; some file systems refuse this
  await removeStale(fs, folder, prefix).catch(() => {});
}
