import type { Host } from './host.ts';

/** Driver files that exist where an NVIDIA GPU can be used: Linux, WSL, Windows. */
const driverFiles = ['/dev/nvidia0', '/proc/driver/nvidia/version', '/dev/dxg', 'C:\\Windows\\System32\\nvcuda.dll'];

/** Why no CUDA device can be used, or undefined when one seems to be there. Starts no driver. */
export function missingCudaDevice(host: Host): string | undefined {
  const visible = host.env['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined && (visible === '' || visible.startsWith('-'))) {
    return `CUDA_VISIBLE_DEVICES='${visible}' hides every GPU`;
  }
  if (driverFiles.some((file) => host.fs.existsSync(file))) return undefined;
  return 'no NVIDIA GPU or driver found on this machine';
}
