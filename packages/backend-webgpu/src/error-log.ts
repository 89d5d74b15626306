import { ZooError } from '@zoo/core';

/** The label in messages such as `[ShaderModule "TransposeProgram"]`. */
const LABEL = /\[(?:Invalid )?(?:ShaderModule|ComputePipeline)\w* "+([^"]+)"/;

interface Entry {
  message: string;
  label: string | undefined;
  cause: unknown;
}

/**
 * Errors of one device, which WebGPU reports beside the call that caused them. The first one explains the rest, so it is
 * kept until somebody takes it; a lost device stays an error for good.
 */
export class ErrorLog {
  #first: Entry | undefined;
  #lost: Entry | undefined;
  #count = 0;

  record(message: string, cause: unknown): void {
    this.#count += 1;
    this.#first ??= { message: message.trim().replace(/\.$/, ''), label: LABEL.exec(message)?.[1], cause };
  }

  recordLoss(info: GPUDeviceLostInfo): void {
    const message = `the device was lost (${info.reason}): ${info.message || 'no details'}; reload or restart to get a new one`;
    this.#lost = { message, label: undefined, cause: info };
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** The error to report, or undefined. */
  peek(): ZooError | undefined {
    const entry = this.#lost ?? this.#first;
    if (!entry) return undefined;
    const shader = entry.label ? ` in shader '${entry.label}'` : '';
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : '';
    return new ZooError(
      'BACKEND_FAILED',
      `WebGPU failed${shader}: ${entry.message}${more}. Results computed since are not valid.`,
      { cause: entry.cause },
    );
  }

  /** Returns what `peek` does and forgets it. */
  take(): ZooError | undefined {
    const error = this.peek();
    this.#first = undefined;
    this.#count = 0;
    return error;
  }
}

/** Starts recording a device's uncaptured errors and its loss. */
export function watchDevice(device: GPUDevice): ErrorLog {
  const log = new ErrorLog();
  device.addEventListener('uncapturederror', (event) => {
    // Keeps the browser from printing what the log will report.
    event.preventDefault?.();
    log.record(event.error.message, event.error);
  });
  void device.lost.then((info) => {
    if (info.reason !== 'destroyed') log.recordLoss(info);
  });
  return log;
}
