export { type GradientRecord, gradientError, relativeError, tolerance } from './compare.ts';
export { engineState, withFailingOperation } from './failing-operation.ts';
export { fillInput, fillLabels, fillModule, fillUniform } from './fill.ts';
export { gradCheck } from './grad-check.ts';
export { type FamilyExpectations, type ModelExpectation, testModelFamily } from './model-family.ts';
export { fromTorch, gradientToTorch, toTorch } from './torch-layout.ts';
