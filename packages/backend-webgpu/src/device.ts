/** Features that kernels or the profiler use when the adapter has them. */
const FEATURES: readonly GPUFeatureName[] = [
  'timestamp-query',
  'bgra8unorm-storage',
  'shader-f16',
  'subgroups' as GPUFeatureName,
];

/** Limits raised to what the adapter offers; the defaults of the specification are far below real GPUs. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** A device with every feature and limit the kernels can make use of. */
export async function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) {
    const value = adapter.limits[name];
    if (typeof value === 'number') requiredLimits[name] = value;
  }
  return adapter.requestDevice({
    label: '@zoo/backend-webgpu',
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  });
}
