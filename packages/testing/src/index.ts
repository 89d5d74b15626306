export { type GradientRecord, gradientError, relativeError, tolerance } from './compare.ts';
export { fillInput, fillLabels, fillModule, fillUniform } from './fill.ts';
export { gradCheck } from './grad-check.ts';
export { fromTorch, gradientToTorch, toTorch } from './torch-layout.ts';
