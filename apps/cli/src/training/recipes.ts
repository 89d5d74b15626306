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

const byModel: Readonly<Record<string, Partial<Recipe>>> = {
  lenet5: sigmoid,
  lenet_maxpool: sigmoid,
  lenet_bn: { lr: 2e-3 },
  lenet5_relu: { lr: 2e-3 },
};

/** The recipe of a model. With another optimizer than its own, that one's usual rate and momentum come with it. */
export function recipeFor(model: string, optimizer?: OptimizerName): Recipe {
  const recipe = { ...general, ...byModel[model] };
  if (!optimizer || optimizer === recipe.optimizer) return recipe;
  return {
    ...recipe,
    optimizer,
    lr: usualRates[optimizer],
    momentum: optimizer === 'sgd' ? 0.9 : 0,
    weightDecay: optimizer === 'adamw' ? 0.01 : 0,
  };
}
