import { type Registry, unknownName } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { checkOptions } from '../options/values.ts';
import { formatTable } from '../output/table.ts';

const schema = z.object({ datasets: z.boolean().default(false), backends: z.boolean().default(false) });

interface ListedModel {
  name: string;
  plugin: string;
  /** With default options; null for a model that needs options to be built. */
  parameters: number | null;
}

function listModels(registry: Registry, pattern: string | undefined): ListedModel[] {
  const names = registry.listModels(pattern);
  if (names.length === 0 && pattern) throw unknownName('model', pattern, registry.listModels());
  return names.map((name) => {
    const { plugin, create } = registry.model(name);
    let parameters: number | null = null;
    try {
      parameters = create()
        .parameters()
        .reduce((sum, parameter) => sum + parameter.size, 0);
    } catch {} // options without defaults: the name is still worth listing
    return { name, plugin, parameters };
  });
}

/** `zoo list [pattern]`. */
export const listCommand: Command = async ({ output, registry }, [pattern], raw) => {
  const options = checkOptions(schema, raw);
  if (options.datasets && options.backends) throw new UsageError('Take either --datasets or --backends.');
  if (pattern && (options.datasets || options.backends)) throw new UsageError('A pattern goes with models alone.');
  if (options.datasets) {
    const datasets = registry.listDatasets().map((name) => ({ name, description: registry.dataset(name).description }));
    const rows = datasets.map(({ name, description }) => [name, description]);
    output.result({ datasets }, formatTable({ head: ['Dataset', 'Description'], rows }));
  } else if (options.backends) {
    const backends = registry.backends().map(({ name, priority, description }) => ({ name, priority, description }));
    const rows = backends.map(({ name, priority, description }) => [name, priority, description]);
    output.result({ backends }, formatTable({ head: ['Backend', 'Priority', 'Description'], rows, right: [1] }));
  } else {
    const models = listModels(registry, pattern);
    const rows = models.map(({ name, plugin, parameters }) => [
      name,
      plugin,
      parameters?.toLocaleString('en-US') ?? '?',
    ]);
    output.result({ models }, formatTable({ head: ['Model', 'Package', 'Parameters'], rows, right: [2] }));
  }
  return exitCodes.ok;
};
