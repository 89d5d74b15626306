import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imagenetInput } from '@zoo/core';
import { DataLoader, ImageDataset } from '@zoo/datasets';
import { presetFor } from '@zoo/transforms';
import type { Job } from '../suite/protocol.ts';

/** Batches of the job's JPEG files in the order of their names, through the evaluation preset of ImageNet's nets. */
export function jpegLoader({ images, batch, workers }: Job): DataLoader {
  const names = readdirSync(images!).filter((name) => name.endsWith('.jpg'));
  const items = names.sort().map((name) => ({ name, source: join(images!, name) }));
  const dataset = new ImageDataset({ items, transform: presetFor(imagenetInput()) });
  return new DataLoader(dataset, { batchSize: batch, workers });
}
