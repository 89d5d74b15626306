import { parseJson, shorten, ZooError } from '@zoo/core';

/** The net that a weight file belongs to: what `registry.create(name, options)` needs to build it again. */
export interface ModelRecord {
  name: string;
  options: Record<string, unknown>;
}

/**
 * Safetensors metadata that names the net: `zoo.model`, `zoo.options` as JSON, and `format: 'pt'`, which Hugging Face
 * libraries ask for to know that names and layouts are PyTorch's.
 */
export function modelMetadata({ name, options = {} }: { name: string; options?: object }): Record<string, string> {
  return { format: 'pt', 'zoo.model': name, 'zoo.options': JSON.stringify(options) };
}

/** The net named by a file's metadata; undefined when the file has none, as those that PyTorch wrote. */
export function readModelMetadata(
  metadata: Readonly<Record<string, string>>,
  { name: file = 'safetensors' }: { name?: string } = {},
): ModelRecord | undefined {
  const name = metadata['zoo.model'];
  if (name === undefined) return undefined;
  let options: unknown;
  try {
    options = parseJson(metadata['zoo.options'] ?? '{}', { name: file, maxLength: 2 ** 20, maxContainers: 10_000 });
  } catch {
    options = undefined;
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ZooError(
      'CORRUPT_FILE',
      `${file}: metadata 'zoo.options' of model '${shorten(name)}' is not a JSON object.`,
    );
  }
  return { name, options: options as Record<string, unknown> };
}
