import { resolve } from 'node:path';
import { formatBytes } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import { type ExportOptions, streamOnnx } from '@zoo/onnx';
import { modelMetadata } from '@zoo/weights';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { type LoadedNet, loadNet } from '../net/load-net.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, oneOf, shape } from '../options/values.ts';
import { ProgressLine } from '../output/progress-line.ts';

const schema = z.object({
  ...modelOptionsShape,
  weights: z.string(),
  out: z.string().optional(),
  input: shape.optional(),
  layout: oneOf(['nchw', 'nhwc']).default('nchw'),
  dynamicBatch: z.boolean().default(false),
  fold: z.boolean().default(true),
});

/** What the file tells of the net besides its graph. */
async function recordOf({ model, options, fused, classNames }: LoadedNet): Promise<ExportOptions> {
  const names = classNames === 'imagenet' ? (await import('@zoo/transforms/imagenet')).imagenetClasses : classNames;
  const { format: _, ...metadata } = modelMetadata({ name: model, options });
  // A backbone's name alone does not say which net it is with another head.
  return { ...(!fused && { metadata }), ...(names && { classNames: names }) };
}

/** `zoo export MODEL --weights W -o FILE`. */
export const exportCommand: Command = async ({ io, output, registry }, [model = ''], raw) => {
  const { weights, out, input, layout, dynamicBatch, fold, ...options } = checkOptions(schema, raw);
  const file = resolve(io.cwd, out ?? `${model}.onnx`);
  const bar = new ProgressLine(output);
  const bytes = await interruptible(io, 'The export', async (signal) => {
    const loaded = await loadNet({
      registry,
      cwd: io.cwd,
      weights,
      model,
      options: modelOptionsOf(options),
      onProgress: bar.download,
      onNotice: (notice) => output.warn(notice),
      signal,
    });
    const { net } = loaded;
    try {
      const record = await recordOf(loaded);
      const pieces = streamOnnx(net, { ...record, layout, dynamicBatch, fold, ...(input && { inputShape: input }) });
      let written = 0;
      const counted = async function* () {
        for await (const piece of pieces) {
          signal.throwIfAborted();
          written += piece.byteLength;
          yield piece;
        }
      };
      await writeFileAtomic(file, counted());
      return written;
    } finally {
      net.dispose();
    }
  }).finally(() => bar.clear());
  output.result(
    { file, model, weights, layout, dynamicBatch, fold, bytes },
    `${model} as ONNX, opset 17, ${formatBytes(bytes)}\nfile ${file}`,
  );
  return exitCodes.ok;
};
