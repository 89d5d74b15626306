let tracing = false;

/** True while shapes are being computed without data: parameters answer with placeholders and keep their state. */
export const isTracing = (): boolean => tracing;

/** Runs `f` with tracing on. */
export function withTracing<T>(f: () => T): T {
  const former = tracing;
  tracing = true;
  try {
    return f();
  } finally {
    tracing = former;
  }
}
