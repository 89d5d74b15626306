/** How `webgpuBackend` chooses its adapter and kernels. */
export interface WebgpuOptions {
  /**
   * Accept an adapter that computes on the CPU (SwiftShader, llvmpipe, WARP). Slow: for tests and checks.
   * Default: true only when the environment variable `ZOO_WEBGPU_SOFTWARE` is `1`.
   */
  allowSoftware?: boolean;
  /** Which GPU of a machine with two; default `high-performance`. */
  powerPreference?: 'high-performance' | 'low-power';
  /** Start with bit-for-bit repeatable kernels, as `setDeterministic(true)` does later. Default false. */
  deterministic?: boolean;
}

/** The environment of Node-like hosts; empty in browsers. */
function hostEnv(): Readonly<Record<string, string | undefined>> {
  return typeof process === 'object' && process?.env ? process.env : {};
}

/** Whether a software adapter may be used: the option, else `ZOO_WEBGPU_SOFTWARE`. */
export function softwareAllowed(options: WebgpuOptions): boolean {
  return options.allowSoftware ?? hostEnv()['ZOO_WEBGPU_SOFTWARE'] === '1';
}
