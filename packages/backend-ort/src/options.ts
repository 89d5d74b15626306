import type { SessionOptions } from './sessions/session.ts';

export interface OrtBackendOptions extends SessionOptions {
  /** Compiled graphs to keep. */
  maxSessions: number;
  /** Bytes that compiled graphs may hold, roughly. */
  maxSessionBytes: number;
  /** Bytes of buffers to keep for results to come. */
  maxPooledBytes: number;
  /** Bytes of disposed tensors that recorded calls may keep alive before they run. */
  maxHeldBytes: number;
}
