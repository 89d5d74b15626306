import './autograd/register.ts';

export { correctGradients } from './autograd/gather-gradient.ts';

export { noGrad } from './autograd/no-grad.ts';
export { tidyTape } from './autograd/tidy-tape.ts';
export { type ValueAndGrads, valueAndGrads } from './autograd/value-and-grads.ts';
export { activeBackend, checkBackendErrors, isDeterministic, setDeterministic } from './backend/active.ts';
export type { CapturedCalls, CapturingBackend } from './backend/capture.ts';
export {
  type BackendChoice,
  type BackendStatus,
  type ChooseBackendOptions,
  chooseBackend,
  probeBackends,
} from './backend/choose.ts';
export { type DoctorReport, doctor } from './backend/doctor.ts';
export { isZooError, refuseUnknown, unknownName, ZooError, type ZooErrorCode } from './error.ts';
export { checkFiniteRows } from './finite-rows.ts';
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
export { type JsonOptions, parseJson } from './json.ts';
export { type JsonShape, jsonShape, shown } from './json-shape.ts';
export { type InputSpecOptions, imagenetInput, plainInput } from './model/input-spec.ts';
export { fashionMnistRecord, type ShippedRecordOptions } from './model/shipped-record.ts';
export {
  type TimmRecordOptions,
  type TorchvisionRecordOptions,
  timmRecord,
  torchvisionRecord,
} from './model/weight-records.ts';
export { type CallObserver, currentModule, observeCalls } from './module/call-stack.ts';
export { ModuleDict, ModuleList, Sequential } from './module/containers.ts';
export {
  type AnyModule,
  type ForwardHook,
  type ForwardPreHook,
  type HookHandle,
  isModule,
  Module,
} from './module/module.ts';
export type { ChannelAffine, FoldingLayer, FusedActivation, OptimizeOptions } from './module/optimize.ts';
export { Counter, type Initializer, ModuleBuffer, Parameter, type ParameterOptions } from './module/parameter.ts';
export type { LoadOptions, LoadReport } from './module/state-dict.ts';
export type { StateEntry } from './module/state-entry.ts';
export { nameKey } from './name-key.ts';
export { oneHot } from './one-hot.ts';
export {
  type BackendPlugin,
  type BackendProbe,
  type Batch,
  type BatchSource,
  type DatasetPlugin,
  type DownloadProgress,
  definePlugin,
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type LoadModelOptions,
  type ModelFactory,
  type ModelLoader,
  type ModelMap,
  type ModelOptions,
  type Plugin,
  type WeightRecord,
} from './plugin.ts';
export { createModel, createRegistry, type ModelEntry, type Registry, sharedRegistry } from './registry/registry.ts';
export { createRng, currentRng, manualSeed, type Rng, type RngState, seeded } from './rng.ts';
export { listNames, shorten } from './shorten.ts';
export { nearest } from './suggest.ts';
export { formatBytes } from './summary/format.ts';
export type { Summary, SummaryOptions, SummaryRow } from './summary/summary.ts';
export { isTracing, type Placeholder, type TracedState, withTracing } from './summary/tracing.ts';
