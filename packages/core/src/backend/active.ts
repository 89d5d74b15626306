import type { BackendPlugin } from '../plugin.ts';

let active: BackendPlugin | undefined;
let deterministic = false;

/** The plug-in that `chooseBackend` made current. */
export const activeBackend = (): BackendPlugin | undefined => active;

export function setActiveBackend(plugin: BackendPlugin): void {
  active = plugin;
  plugin.setDeterministic?.(deterministic);
}

/** Whether results must repeat bit for bit on the same backend and machine. */
export const isDeterministic = (): boolean => deterministic;

/** Prefers kernels that repeat bit for bit over faster ones. cpu and wasm always repeat; WebGPU and ort only in this mode. */
export function setDeterministic(on: boolean): void {
  deterministic = on;
  active?.setDeterministic?.(on);
}

/** Rejects with the first error that the current backend met without throwing, and clears it. */
export async function checkBackendErrors(): Promise<void> {
  await active?.checkErrors?.();
}
