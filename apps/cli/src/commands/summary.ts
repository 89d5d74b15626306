import { ZooError } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { createNet, inputSpecOf } from '../net/create-net.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, oneOf, shape, wholeNumber } from '../options/values.ts';
import { formatParts, rowsAtDepth } from '../output/parts-table.ts';

const schema = z.object({
  ...modelOptionsShape,
  input: shape.optional(),
  layout: oneOf(['nchw', 'nhwc']).default('nhwc'),
  depth: wholeNumber(0).optional(),
  stages: z.boolean().default(false),
});

/** `zoo summary MODEL`. */
export const summaryCommand: Command = async ({ output, registry }, [model = ''], raw) => {
  const { input, layout, stages, depth: given, ...options } = checkOptions(schema, raw);
  if (stages && given !== undefined) throw new UsageError('Take either --stages or --depth.');
  const depth = stages ? 1 : given;
  const modelOptions = modelOptionsOf(options);
  const net = createNet({ registry, name: model, options: modelOptions });
  const spec = inputSpecOf(net);
  if (!input && !spec) {
    throw new ZooError('INVALID_ARGUMENT', `${model} has no image size of its own: give its input shape by --input.`);
  }
  const own = spec && (layout === 'nchw' ? [1, spec.channels, ...spec.size] : [1, ...spec.size, spec.channels]);
  const summary = net.summary(input ?? own!, { layout });
  if (depth === undefined) output.result({ model, options: modelOptions, ...summary }, `${model}\n${summary}`);
  else {
    const rows = rowsAtDepth(summary, depth);
    output.result({ model, options: modelOptions, ...summary, rows }, `${model}\n${formatParts(summary, depth)}`);
  }
  return exitCodes.ok;
};
