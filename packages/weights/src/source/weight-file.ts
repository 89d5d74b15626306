import { type HostDType, type HostTensor, type StateDict, shorten, ZooError } from '@zoo/core';

/** What a file says of one tensor before it is read. */
export interface TensorInfo {
  readonly dtype: HostDType;
  /** In PyTorch's layout. */
  readonly shape: readonly number[];
}

/** An opened weight file, whose tensors are read when asked for. Close it after use. */
export interface WeightFile {
  /** Path or address, for messages. */
  readonly name: string;
  /** Types and shapes by tensor name, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Safetensors metadata; `{}` for PyTorch's files. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was changed on the way, in words. */
  readonly notices: readonly string[];
  /** One tensor's values. Throws `UNKNOWN_NAME`, and `CORRUPT_FILE` when the file changed since it was opened. */
  read(key: string): Promise<HostTensor>;
  close(): Promise<void>;
}

export const noTensor = (file: string, key: string): ZooError =>
  new ZooError('UNKNOWN_NAME', `${file} has no tensor '${shorten(key)}'.`);

const shownNotices = 20;

/** Tells a file's notices, the first of many: a file decides how many there are. */
export function tellNotices(
  file: string,
  notices: readonly string[],
  onNotice: ((notice: string) => void) | undefined,
): void {
  for (const notice of notices.slice(0, shownNotices)) onNotice?.(`${file}: ${shorten(notice, 500)}`);
  if (notices.length > shownNotices) onNotice?.(`${file}: ... and ${notices.length - shownNotices} more notices.`);
}

/** Tensors that are in memory as a weight file. */
export function memoryFile(
  name: string,
  {
    tensors,
    metadata = {},
    notices = [],
  }: { tensors: StateDict; metadata?: WeightFile['metadata']; notices?: string[] },
): WeightFile {
  return {
    name,
    tensors,
    metadata,
    notices,
    read: async (key) => {
      const tensor = tensors.get(key);
      if (!tensor) throw noTensor(name, key);
      return tensor;
    },
    close: async () => {},
  };
}

/** All tensors of a file, which is closed then. */
export async function readAll(file: WeightFile): Promise<StateDict> {
  try {
    const state: StateDict = new Map();
    for (const key of file.tensors.keys()) state.set(key, await file.read(key));
    return state;
  } finally {
    await file.close();
  }
}
