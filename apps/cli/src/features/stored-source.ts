import { join } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';
import { readJson } from '@zoo/core/node';
import { writeFileAtomic } from '@zoo/weights/node';
import { z } from 'zod';
import { poolNames } from '../experiment/choices.ts';
import type { BackboneSpec } from '../experiment/schema.ts';

/** How `zoo extract` made stored features: enough to load the backbone again. */
export interface StoredSource extends BackboneSpec {
  /** Where relative paths of weights began. */
  cwd: string;
  data: string;
  split: string;
}

const fileName = 'source.json';

const schema = z.looseObject({
  model: z.string(),
  weights: z.string(),
  options: z.record(z.string(), z.unknown()),
  taps: z.array(z.string()),
  pool: z.enum(poolNames),
  cwd: z.string(),
  data: z.string(),
  split: z.string(),
});

export const saveSource = (dir: string, source: StoredSource): Promise<void> =>
  writeFileAtomic(join(dir, fileName), [Buffer.from(`${JSON.stringify(source, null, 2)}\n`)]);

/** How the features in `dir` were made; undefined where another program wrote them. Throws `CORRUPT_FILE`. */
export async function readSource(dir: string): Promise<StoredSource | undefined> {
  const path = join(dir, fileName);
  try {
    return schema.parse(await readJson(path)) as StoredSource;
  } catch (cause) {
    if (isZooError(cause) && cause.code === 'FILE_NOT_FOUND') return undefined;
    throw new ZooError('CORRUPT_FILE', `${path} does not say how the features were made. Extract them again.`, {
      cause,
    });
  }
}
