import { shorten, ZooError } from '@zoo/core';
import { arrayOfDType } from '../dtype.ts';
import { ByteCursor } from './byte-cursor.ts';
import { CheckpointReader } from './checkpoint-reader.ts';
import { swapBytes } from './storage.ts';
import { CopyBudget, storageBytes } from './tensor-view.ts';
import type { Pickled } from './unpickle.ts';
import { openZip } from './zip.ts';

/** What one file's pickle holds, and which of its objects are tensors. */
export interface RawCheckpoint {
  root: Pickled;
  isTensor: CheckpointReader['isTensor'];
}

const pickleName = 'data.pkl';

/** The format of `torch.save` since PyTorch 1.6: an archive with `data.pkl` and one file per storage, `data/0` and so on. */
export function readZipCheckpoint(bytes: Uint8Array, file: string): RawCheckpoint {
  const zip = openZip(bytes, file);
  const pickles = zip.names().filter((name) => name === pickleName || /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw new ZooError(
      'CORRUPT_FILE',
      `${file}: the archive holds ${pickles.length} files data.pkl; PyTorch writes one.`,
    );
  }
  const prefix = pickle.slice(0, -pickleName.length);
  if (zip.has(`${prefix}constants.pkl`)) {
    const hint = 'In Python, save torch.jit.load(file).state_dict() with torch.save.';
    throw new ZooError('NOT_SUPPORTED', `${file} is a TorchScript program, not a state dict. ${hint}`);
  }
  const order = zip.has(`${prefix}byteorder`)
    ? String.fromCharCode(...zip.read(`${prefix}byteorder`).subarray(0, 9))
    : '';

  const reader = new CheckpointReader(file, (storage) => {
    const content = zip.read(`${prefix}data/${storage.key}`);
    const expected = storageBytes(storage);
    if (content.length !== expected) {
      const message = `storage '${shorten(storage.key)}' has ${content.length} bytes, ${expected} are expected.`;
      throw new ZooError('CORRUPT_FILE', `${file}: ${message}`);
    }
    storage.bytes = order === 'big' ? swapBytes(content, arrayOfDType[storage.dtype].BYTES_PER_ELEMENT) : content;
  });
  const root = reader.unpickle(new ByteCursor(zip.read(pickle), `${file} (${pickle})`));
  reader.bindTensors(new CopyBudget(bytes.length));
  return { root, isTensor: (value) => reader.isTensor(value) };
}
