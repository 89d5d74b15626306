import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';

/** A file to write: its path inside the folder with `/`, and its content. */
export type FileToWrite = readonly [name: string, content: Uint8Array | string];

/**
 * Writes a folder that appears by one rename when it is complete; after an error there is nothing. Throws
 * `INVALID_ARGUMENT` for a folder that has something in it already, else `WRITE_FAILED`.
 */
export async function writeFolder(
  dir: string,
  files: Iterable<FileToWrite | Promise<FileToWrite>>,
  finish: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const target = resolve(dir);
  const present = await readdir(target).catch(() => []);
  if (present.length > 0) {
    throw new ZooError('INVALID_ARGUMENT', `${dir} is not empty: name a new folder, or delete that one first.`);
  }
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`,
  );
  try {
    await mkdir(temporary, { recursive: true });
    const made = new Set<string>();
    for (const file of files) {
      const [name, content] = await file;
      const path = join(temporary, name);
      if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
      made.add(dirname(path));
      await writeFile(path, content);
    }
    await finish(temporary);
    await rm(target, { recursive: true, force: true }); // empty, as seen above; rename cannot replace it on Windows
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (isZooError(cause)) throw cause;
    throw new ZooError('WRITE_FAILED', `Could not write ${dir}: ${(cause as Error).message}.`, { cause });
  }
}
