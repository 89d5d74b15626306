import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type ModuleBuffer, noGrad, type Parameter } from '@zoo/core';

/** What state entries on the device have in common; counters lie on the host. */
type DeviceEntry = Parameter | ModuleBuffer;

/**
 * The first of the trained `parameters`, or of the model's buffers such as running variances, that holds NaN or infinity, as
 * `Parameter 'name'`. Activations such as ReLU turn NaN into 0 on some engines, and training reads no running statistics,
 * so that a net can be broken while its loss looks fine. Reads one small tensor.
 */
export async function brokenTensor(model: AnyModule, parameters: readonly Parameter[]): Promise<string | undefined> {
  const trained = new Set<unknown>(parameters);
  const known = new Set<unknown>([...model.namedParameters()].map(([, parameter]) => parameter));
  const watched = [...model.stateEntries()].flatMap(([name, entry]) =>
    'variable' in entry && (trained.has(entry) || !known.has(entry))
      ? [{ text: `${known.has(entry) ? 'Parameter' : 'Buffer'} '${name}'`, entry: entry as DeviceEntry }]
      : [],
  );
  if (watched.length === 0) return undefined;
  const marks = noGrad(() =>
    // 0 times anything finite is 0, whatever the size of the sum
    tf.tidy(() => tf.stack(watched.map(({ entry }) => tf.sum(tf.mul(entry.value(), 0))))),
  );
  let values: ArrayLike<number>;
  try {
    values = await marks.data();
  } finally {
    marks.dispose();
  }
  return watched.find((_, i) => values[i] !== 0)?.text;
}
