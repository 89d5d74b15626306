export const poolNames = ['avg', 'max', 'none'] as const;
export const headTypes = ['linear', 'mlp', 'logistic', 'knn'] as const;
export const ensembleTypes = ['soft', 'hard', 'weighted', 'stack', 'features'] as const;
export const headOptimizers = ['adam', 'adamw', 'sgd'] as const;
export const solverNames = ['lbfgs', 'adam'] as const;
export const metricNames = ['euclidean', 'cosine'] as const;
/** What fitted weights are to be best at on the validation images. */
export const weightAims = ['likelihood', 'accuracy'] as const;
