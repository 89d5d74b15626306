import type { OptimizerName, ScheduleName } from './settings.ts';

/** Settings that train a model well without any option. */
export interface Recipe {
  optimizer: OptimizerName;
  lr: number;
  momentum: number;
  weightDecay: number;
  batchSize: number;
  epochs: number;
  schedule: ScheduleName;
}

/** Learning rates to begin with, for an optimizer chosen by hand. */
const usualRates: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.05,
  adam: 1e-3,
  adamw: 1e-3,
  rmsprop: 1e-3,
  adagrad: 1e-2,
  adadelta: 1,
};

const general: Recipe = {
  optimizer: 'adam',
  lr: 1e-3,
  momentum: 0,
  weightDecay: 0,
  batchSize: 32,
  epochs: 15,
  schedule: 'cosine',
};

/** Sigmoids pass little gradient on: they need larger steps, and more of them. */
const sigmoid: Partial<Recipe> = { lr: 8e-3, epochs: 20 };

/** Deep nets without batch norm go astray at larger rates. */
const deep: Partial<Recipe> = { lr: 3e-4, batchSize: 64 };

/** Batch norm settles them: usual rate, larger batches. */
const deepNormalized: Partial<Recipe> = { batchSize: 64 };

/** The first pattern that a model's name matches decides. */
const byModel: ReadonlyArray<readonly [pattern: RegExp, recipe: Partial<Recipe>]> = [
  [/^(lenet5|lenet_maxpool)$/, sigmoid],
  [/^lenet(_bn|5_relu)$/, { lr: 2e-3 }],
  [/^vgg\d+_bn$/, deepNormalized],
  [/^(alexnet|vgg|nin$|googlenet_d2l)/, deep],
  [/^(googlenet|inception|resnet|resnext|wide_resnet|densenet)/, deepNormalized],
];

/** The recipe of a model. With another optimizer than its own, that one's usual rate and momentum come with it. */
export function recipeFor(model: string, optimizer?: OptimizerName): Recipe {
  const recipe = { ...general, ...byModel.find(([pattern]) => pattern.test(model))?.[1] };
  if (!optimizer || optimizer === recipe.optimizer) return recipe;
  return {
    ...recipe,
    optimizer,
    lr: usualRates[optimizer],
    momentum: optimizer === 'sgd' ? 0.9 : 0,
    weightDecay: optimizer === 'adamw' ? 0.01 : 0,
  };
}
