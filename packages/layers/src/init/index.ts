export { constant, normal, ones, type TruncNormalOptions, truncNormal, uniform, zeros } from './distributions.ts';
export { type FanMode, gainOf as calculateGain, type Nonlinearity } from './fans.ts';
export {
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type XavierOptions,
  xavierNormal,
  xavierUniform,
} from './variance-scaling.ts';
