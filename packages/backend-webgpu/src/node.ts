export { type SoftwareAdapterEnv, softwareAdapterEnv } from './platform/software-env.ts';
