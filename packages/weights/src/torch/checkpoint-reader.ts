import { type HostTensor, shorten, ZooError } from '@zoo/core';
import type { ByteCursor } from './byte-cursor.ts';
import { dtypeOfStorage, type Storage } from './storage.ts';
import { alignBytes, type CopyBudget, checkView, readView, storageBytes, type TensorView } from './tensor-view.ts';
import { AllowedGlobal, type CallContext, type Pickled, unpickle } from './unpickle.ts';

/** A tensor that was announced; its data comes with its storage. */
type PendingTensor = { dtype: HostTensor['dtype']; shape: readonly number[]; data: HostTensor['data'] | undefined };

/** Storage names that torch has and HostTensor does not. */
const unsupportedStorage = /^torch\.(storage\.)?(Complex|Q|UInt16|UInt32|UInt64|Float8|Untyped|Typed)\w*Storage$/;

function orderedDict(args: readonly Pickled[], { spend, fail }: CallContext): Map<Pickled, Pickled> {
  const [pairs = []] = args; // Python 2 gives its items as an argument
  if (!Array.isArray(pairs)) throw fail('makes a dict of something that is not a list');
  spend(8 + pairs.length);
  return new Map(
    pairs.map((pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw fail('makes a dict of something that is not pairs');
      return [pair[0], pair[1]] as const;
    }),
  );
}

function list(args: readonly Pickled[], { spend, fail }: CallContext): Pickled[] {
  const [items = []] = args;
  if (!Array.isArray(items)) throw fail('makes a list of something that is not one');
  spend(8 + items.length);
  return [...items];
}

/** `_codecs.encode(text, 'latin1')`, by which protocol 2 stores bytes. */
function encodeLatin1(args: readonly Pickled[], { spend, fail }: CallContext): Uint8Array {
  const [text, encoding = 'latin1'] = args;
  if (typeof text !== 'string' || encoding !== 'latin1') throw fail('encodes text as something other than latin1');
  spend(text.length);
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/**
 * Reads torch's pickles: those of one file share their storages. Tensors get their data by `bindTensors`, once every
 * storage has its bytes, since the legacy format stores them last.
 */
export class CheckpointReader {
  readonly storages = new Map<string, Storage>();
  readonly #file: string;
  readonly #views: [PendingTensor, TensorView][] = [];
  readonly #tensors = new WeakSet<object>();
  readonly #globals: Map<string, AllowedGlobal>;
  readonly #onStorage: ((storage: Storage) => void) | undefined;

  /** `onStorage` sees every storage when the pickle first names it. */
  constructor(file: string, onStorage?: (storage: Storage) => void) {
    this.#file = file;
    this.#onStorage = onStorage;
    const rebuild = (args: readonly Pickled[], context: CallContext) => this.#rebuild(args, context);
    const parameter = ([tensor]: readonly Pickled[], { fail }: CallContext): Pickled => {
      if (!this.isTensor(tensor)) throw fail('has a parameter that is not a tensor');
      return tensor;
    };
    const builders = {
      'collections.OrderedDict': orderedDict,
      '__builtin__.dict': orderedDict,
      'builtins.dict': orderedDict,
      '__builtin__.list': list,
      'builtins.list': list,
      '__builtin__.set': (args: readonly Pickled[], context: CallContext) => new Set(list(args, context)),
      'builtins.set': (args: readonly Pickled[], context: CallContext) => new Set(list(args, context)),
      '_codecs.encode': encodeLatin1,
      'torch.Size': list,
      'torch._utils._rebuild_tensor': rebuild,
      'torch._utils._rebuild_tensor_v2': rebuild,
      'torch._utils._rebuild_parameter': parameter,
    };
    this.#globals = new Map(Object.entries(builders).map(([name, build]) => [name, new AllowedGlobal(name, build)]));
    for (const name of Object.keys(dtypeOfStorage))
      this.#globals.set(`torch.${name}`, new AllowedGlobal(`torch.${name}`));
  }

  unpickle(cursor: ByteCursor): Pickled {
    return unpickle(cursor, {
      global: (name) => {
        if (unsupportedStorage.test(name)) {
          throw new ZooError(
            'NOT_SUPPORTED',
            `${this.#file}: tensors of ${name} cannot be loaded. Convert them to float.`,
          );
        }
        return this.#globals.get(name);
      },
      persistent: (id) => this.#storage(id, cursor),
    });
  }

  isTensor(value: unknown): value is HostTensor {
    return typeof value === 'object' && value !== null && this.#tensors.has(value);
  }

  /** Gives every tensor its data. */
  bindTensors(budget: CopyBudget): void {
    for (const [tensor, view] of this.#views) {
      const { storage } = view;
      if (!storage.bytes) {
        throw new ZooError('CORRUPT_FILE', `${this.#file}: storage '${shorten(storage.key)}' is missing.`);
      }
      storage.bytes = alignBytes(storage, storage.bytes);
      tensor.data = readView(view, storage.bytes, budget);
      if (!tensor.data) {
        const message = `the tensors take far more memory than the file: one has shape [${view.shape.join(', ')}]`;
        throw new ZooError('CORRUPT_FILE', `${this.#file}: ${message} and strides [${view.strides.join(', ')}].`);
      }
    }
  }

  #rebuild(args: readonly Pickled[], context: CallContext): PendingTensor {
    const view = checkView(args, context);
    context.spend(1 + view.shape.length);
    const tensor: PendingTensor = { dtype: view.storage.dtype, shape: [...view.shape], data: undefined };
    this.#views.push([tensor, view]);
    this.#tensors.add(tensor);
    return tensor;
  }

  /** `('storage', torch.FloatStorage, key, device, length[, view])`, torch's only persistent id. */
  #storage(id: Pickled, cursor: ByteCursor): Storage {
    const [kind, type, key, , length, part] = Array.isArray(id) ? id : [];
    const dtype = type instanceof AllowedGlobal ? dtypeOfStorage[type.name.replace(/^torch\./, '')] : undefined;
    if (kind !== 'storage' || !dtype || typeof key !== 'string' || !Number.isSafeInteger(length) || length < 0) {
      throw cursor.fail('a persistent id is not that of a storage.');
    }
    if (part !== undefined && part !== null) {
      throw new ZooError(
        'NOT_SUPPORTED',
        `${this.#file}: storage '${shorten(key)}' is a part of another one, as before PyTorch 0.4.`,
      );
    }
    const known = this.storages.get(key);
    if (known) {
      if (known.dtype !== dtype || known.length !== length) {
        throw cursor.fail(`storage '${shorten(key)}' is described in two ways.`);
      }
      return known;
    }
    const storage: Storage = { key, dtype, length, bytes: undefined };
    if (!Number.isSafeInteger(storageBytes(storage)))
      throw cursor.fail(`storage '${shorten(key)}' claims ${length} elements.`);
    this.storages.set(key, storage);
    this.#onStorage?.(storage);
    return storage;
  }
}
