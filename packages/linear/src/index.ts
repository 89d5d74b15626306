export { LinearRegression, type LinearRegressionOptions } from './linear-regression.ts';
export { MLP, type MLPOptions } from './mlp.ts';
export { linear, linear_regression, mlp, softmax_regression } from './variants.ts';
