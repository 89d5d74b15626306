import { ZooError } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createNet, inputSpecOf } from '../net/create-net.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, oneOf, shape } from '../options/values.ts';

const schema = z.object({
  ...modelOptionsShape,
  input: shape.optional(),
  layout: oneOf(['nchw', 'nhwc']).default('nhwc'),
});

/** `zoo summary MODEL`. */
export const summaryCommand: Command = async ({ output, registry }, [model = ''], raw) => {
  const { input, layout, ...options } = checkOptions(schema, raw);
  const modelOptions = modelOptionsOf(options);
  const net = createNet({ registry, name: model, options: modelOptions });
  const spec = inputSpecOf(net);
  if (!input && !spec) {
    throw new ZooError('INVALID_ARGUMENT', `${model} has no image size of its own: give its input shape by --input.`);
  }
  const own = spec && (layout === 'nchw' ? [1, spec.channels, ...spec.size] : [1, ...spec.size, spec.channels]);
  const summary = net.summary(input ?? own!, { layout });
  output.result({ model, options: modelOptions, ...summary }, `${model}\n${summary}`);
  return exitCodes.ok;
};
