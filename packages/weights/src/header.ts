import { formatShape, type HostDType, parseJson, shorten, ZooError } from '@zoo/core';
import { arrayOfDType, dtypeOfTag, maxRank, unsupportedTags } from './dtype.ts';
import { scanJsonKeys } from './json-keys.ts';

/** The official readers' limit on the JSON header, in bytes. */
export const maxHeaderBytes = 100_000_000;

/** An entry has three lists and objects, and over 48 bytes. */
const bytesPerContainer = 16;

/** Where one tensor lies. `begin` and `end` count bytes from the start of the data section. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header: its entries cover the data section exactly, without overlaps or holes. */
export interface SafetensorsHeader {
  /** In the header's order. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
  /** Offset of the data section in the file, in bytes. */
  readonly dataStart: number;
}

const corrupt = (file: string, message: string, cause?: unknown): ZooError =>
  new ZooError('CORRUPT_FILE', `${file}: ${message}`, { cause });

const notSafetensors = 'It is not a safetensors file, or it was cut short; save or download it again.';

/** Length of the JSON header from the first 8 bytes of a file of `fileSize` bytes, checked against both limits. */
export function readHeaderLength(start: Uint8Array, fileSize: number, file: string): number {
  if (start.length < 8) throw corrupt(file, `${fileSize} bytes are too few for a header. ${notSafetensors}`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw corrupt(
      file,
      `the header claims ${length} bytes, more than the limit of ${maxHeaderBytes}. ${notSafetensors}`,
    );
  }
  if (8 + Number(length) > fileSize) {
    throw corrupt(file, `the header claims ${length} bytes, but the file has ${fileSize}. ${notSafetensors}`);
  }
  return Number(length);
}

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseRoot(bytes: Uint8Array, file: string): { root: JsonObject; names: string[] } {
  if (bytes[0] !== 0x7b) throw corrupt(file, `the header does not begin with '{'. ${notSafetensors}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw corrupt(file, `the header is not JSON in UTF-8. ${notSafetensors}`, cause);
  }
  const root = parseJson(text, {
    name: `${file}: the header`,
    maxLength: maxHeaderBytes,
    maxDepth: 3,
    maxContainers: 8 + Math.ceil(bytes.length / bytesPerContainer),
    hint: notSafetensors,
  });
  if (!isObject(root)) throw corrupt(file, `the header is not a JSON object. ${notSafetensors}`);
  const { duplicate, outermost } = scanJsonKeys(text);
  if (duplicate !== undefined) throw corrupt(file, `the header has the key '${shorten(duplicate)}' twice.`);
  return { root, names: outermost };
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw corrupt(file, `'__metadata__' is not an object.`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw corrupt(file, `metadata '${shorten(key)}' is not a string.`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, dataLength: number, file: string): TensorEntry {
  const fail = (message: string): ZooError => corrupt(file, `tensor '${shorten(name)}' ${message}`);
  if (!isObject(value)) throw fail('is not described by an object.');
  const { dtype: tag, shape, data_offsets: offsets } = value;
  if (typeof tag !== 'string') throw fail('has no dtype.');
  if (unsupportedTags.has(tag)) {
    const known = Object.keys(dtypeOfTag).join(', ');
    const message = `${file}: tensor '${shorten(name)}' has dtype ${tag}, which is not supported (${known} are). Convert it first.`;
    throw new ZooError('NOT_SUPPORTED', message);
  }
  const dtype = Object.hasOwn(dtypeOfTag, tag) ? dtypeOfTag[tag] : undefined;
  if (dtype === undefined) throw fail(`has the unknown dtype '${shorten(tag)}'.`);
  if (!Array.isArray(shape) || !shape.every(isSize)) throw fail('has a shape that is not a list of sizes.');
  if (shape.length > maxRank) throw fail(`has ${shape.length} dimensions, more than the ${maxRank} that PyTorch has.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail('has data_offsets that are not two positions.');
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw fail(`ends at byte ${end}, before its beginning at ${begin}.`);
  if (end > dataLength) {
    throw fail(
      `ends at byte ${end} of a data section of ${dataLength}; the file was cut short, fetch or save it again.`,
    );
  }
  let size = arrayOfDType[dtype].BYTES_PER_ELEMENT;
  for (const dimension of shape) {
    size *= dimension;
    if (!Number.isSafeInteger(size)) throw fail(`has the impossible shape ${formatShape(shape)}.`);
  }
  if (size !== end - begin) {
    throw fail(`of shape ${formatShape(shape)} and dtype ${tag} needs ${size} bytes, but has ${end - begin}.`);
  }
  return { name, dtype, shape, begin, end };
}

function checkCoverage(entries: readonly TensorEntry[], dataLength: number, file: string): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  let previous: string | undefined;
  const shown = (name: string | undefined): string => (name === undefined ? 'the start' : `'${shorten(name)}'`);
  for (const { name, begin, end } of sorted) {
    if (begin < position) throw corrupt(file, `tensor ${shown(name)} overlaps ${shown(previous)}.`);
    if (begin > position)
      throw corrupt(file, `${begin - position} unused bytes lie between ${shown(previous)} and ${shown(name)}.`);
    position = end;
    previous = name;
  }
  if (position < dataLength) throw corrupt(file, `${dataLength - position} unused bytes follow the last tensor.`);
}

/**
 * Checks everything a safetensors header can get wrong, before any tensor is allocated.
 * `json` is the header without its 8-byte length, `dataLength` the number of bytes after it, `file` a name for errors.
 */
export function parseHeader(json: Uint8Array, dataLength: number, file: string): SafetensorsHeader {
  const { root, names } = parseRoot(json, file);
  const metadata = readMetadata(Object.hasOwn(root, '__metadata__') ? root['__metadata__'] : undefined, file);
  const entries = names
    .filter((name) => name !== '__metadata__')
    .map((name) => readEntry(name, root[name], dataLength, file));
  checkCoverage(entries, dataLength, file);
  return { entries, metadata, dataStart: 8 + json.length };
}
