import { isMainThread } from 'node:worker_threads';
import { loadKoffi } from './koffi.ts';

const variable = 'ORT_DISABLE_TELEMETRY';

/** Sets the variable for the process; throws where koffi does not load. */
function setByC(): void {
  const c = loadKoffi().load(null);
  const value = c.func('getenv', 'str', ['str'])(variable) as string | null;
  // Another thread may read the environment just now, so it is only written where it has to be.
  if (value !== '1' && c.func('setenv', 'int', ['str', 'str', 'int'])(variable, '1', 1) !== 0)
    throw new Error(`${variable} cannot be set`);
}

/** The process's variable, which a thread's `process.env` need not show. */
function processValue(): unknown {
  const report = process.report?.getReport() as { environmentVariables?: Record<string, unknown> } | undefined;
  return report?.environmentVariables?.[variable];
}

/**
 * Switches off what ONNX Runtime 1.29 and later do where they start: they write a database with an identifier of the machine
 * below the user's cache folder, send events, and search the command line with a regular expression that overflows the
 * stack when it is long. They look at the environment once, when the first environment of ONNX Runtime is created; so whatever loads
 * the library calls this first. Throws where it cannot be done.
 */
export function disableTelemetry(): void {
  process.env[variable] = '1';
  // On Windows, the function DisableTelemetryEvents does it instead.
  if (isMainThread || process.platform === 'win32') return;
  // A worker's process.env is a copy.
  try {
    setByC();
  } catch (cause) {
    if (processValue() === '1') return;
    const why = `ONNX Runtime's telemetry cannot be switched off from a worker thread without koffi`;
    throw new Error(`${why}; set ${variable}=1 before the program starts, or process.env in its main thread`, {
      cause,
    });
  }
}
