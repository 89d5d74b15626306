import './autograd/register.ts';

export { isZooError, unknownName, ZooError, type ZooErrorCode } from './error.ts';
export {
  formatShape,
  type HostArrays,
  type HostDType,
  type HostTensor,
  numElements,
  permuteAxes,
  type StateDict,
  sameShape,
  toFloat32,
} from './host-tensor.ts';
export {
  type BackendPlugin,
  type BackendProbe,
  type Batch,
  type BatchSource,
  type DatasetPlugin,
  definePlugin,
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type ModelFactory,
  type ModelMap,
  type ModelOptions,
  type Plugin,
  type WeightRecord,
} from './plugin.ts';
export { createRng, currentRng, manualSeed, type Rng, type RngState, seeded } from './rng.ts';
export { nearest } from './suggest.ts';
