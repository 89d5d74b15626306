export { type BrowserSource, loadModel, loadWeights, openWeights, weights } from './browser/load-weights.ts';
