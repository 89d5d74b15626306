import { readdir } from 'node:fs/promises';
import { isZooError, type Registry } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { LoadOptions } from '@zoo/datasets/node';

const idxFile = /-(images-idx3|labels-idx1)-ubyte(\.gz)?$/;

/** Whether there is a folder that holds files of MNIST's format, rather than images. */
export async function holdsIdxFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).some((name) => idxFile.test(name));
}

/** A folder of MNIST's files; one with the official Fashion-MNIST files gets its class names with them. */
export async function openIdxFolder(root: string, registry: Registry, options: LoadOptions): Promise<Dataset> {
  try {
    return (await registry.dataset('fashion-mnist').load({ ...options, root, download: false })) as Dataset;
  } catch (error) {
    if (!isZooError(error) || (error.code !== 'CHECKSUM_MISMATCH' && error.code !== 'FILE_NOT_FOUND')) throw error;
    return (await registry.dataset('idx-folder').load({ ...options, root })) as Dataset;
  }
}
