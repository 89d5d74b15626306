import { definePlugin, seeded } from '@zoo/core';
import { LinearRegression, type LinearRegressionOptions } from './linear-regression.ts';
import { MLP, type MLPOptions } from './mlp.ts';

export const linear_regression = (options: LinearRegressionOptions = {}): LinearRegression =>
  seeded(options.seed, () => new LinearRegression(options));

/** One fully connected layer from pixels to class logits. */
export const softmax_regression = (options: Omit<MLPOptions, 'hidden'> = {}): MLP =>
  seeded(options.seed, () => new MLP({ ...options, hidden: [] }));

/** One hidden layer of 256 units unless `hidden` says otherwise. */
export const mlp = (options: MLPOptions = {}): MLP => seeded(options.seed, () => new MLP(options));

/** The family as a plug-in. */
export const linear = definePlugin({ name: '@zoo/linear', models: { linear_regression, softmax_regression, mlp } });
