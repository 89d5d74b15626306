import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { combineNets } from '../ensembles/combine-nets.ts';
import { fitOnStores } from '../ensembles/fit-on-stores.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { ensembleTypes } from '../experiment/choices.ts';
import { ensembleOf, ensembleShape, seedOption } from '../options/transfer-options.ts';
import { checkOptions, fraction, oneOf, wholeNumber } from '../options/values.ts';

const schema = z.object({
  ...ensembleShape,
  type: oneOf(ensembleTypes).optional(),
  data: z.string().optional(),
  split: oneOf(['train', 'test']).optional(),
  fit: z.string().optional(),
  images: wholeNumber(1).optional(),
  test: z.array(z.string()).optional(),
  holdOut: fraction.default(0.2),
  seed: seedOption.default(0),
  out: z.string().optional(),
  backend: z.string().optional(),
});

export type EnsembleOptions = z.output<typeof schema>;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A short name of a member: its folder's, or its file's. */
export function memberNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => {
    const file = basename(path);
    return file === 'model.safetensors' || file === 'best.safetensors' ? basename(resolve(path, '..')) : file;
  });
  return names.map((name, i) => {
    const short = name.replace(/\.(safetensors|pth|pt)$/, '').replaceAll('.', '-');
    return names.indexOf(name) === i ? short : `${short}-${i + 1}`;
  });
}

/** `zoo ensemble MEMBER...`: of feature stores, or of run folders and weight files. */
export const ensembleCommand: Command = async (context, operands, raw) => {
  const options = checkOptions(schema, raw);
  const { io } = context;
  const paths = operands.map((operand) => resolve(io.cwd, operand));
  const stores = await Promise.all(paths.map((path) => exists(join(path, 'manifest.json'))));
  if (stores.some(Boolean) && !stores.every(Boolean))
    throw new UsageError('Name either feature stores or trained nets, not both.');
  if (stores.every(Boolean)) {
    const spec = ensembleOf({ ...options, type: options.type ?? 'features' });
    if (spec.type !== 'features')
      throw new UsageError(`Feature stores take --type features; --type ${spec.type} combines trained nets.`);
    await fitOnStores(context, { paths, names: memberNames(paths), spec, options });
  } else {
    const spec = ensembleOf({ ...options, type: options.type ?? 'soft' });
    if (spec.type === 'features') throw new UsageError('--type features takes feature stores of `zoo extract`.');
    if (options.data === undefined) throw new UsageError('Name the images to evaluate on by --data.');
    const files = await Promise.all(
      paths.map(async (path) => {
        const inside = join(path, 'model.safetensors');
        return (await exists(inside)) ? inside : path;
      }),
    );
    await combineNets(context, { files, names: memberNames(files), spec, options: { ...options, data: options.data } });
  }
  return exitCodes.ok;
};
