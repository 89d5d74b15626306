import type { BackendChoice } from '@zoo/core';
import type { BatchInfo, Callback, EpochRecord } from '@zoo/train';
import { percent } from '../output/format-measurement.ts';
import type { Output } from '../output/output.ts';
import type { ProgressLine } from '../output/progress-line.ts';
import type { Prepared } from './prepare.ts';
import type { TrainSettings } from './settings.ts';

const rate = (examplesPerSecond: number): string => `${Math.round(examplesPerSecond).toLocaleString('en-US')} images/s`;

/** What is about to be trained, before the first epoch. */
export function describeStart(
  settings: TrainSettings,
  { prepared, backend, epochsDone }: { prepared: Prepared; backend: BackendChoice; epochsDone: number },
): string {
  const { resizedFrom: from } = prepared;
  const { inputShape } = prepared.train.dataset;
  const { model, data, optimizer, lr, schedule, batchSize, epochs, seed } = settings;
  const parameters = prepared.net.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  const images = `${prepared.train.dataset.length.toLocaleString('en-US')} + ${prepared.test.dataset.length.toLocaleString('en-US')}`;
  return [
    `${model}: ${parameters.toLocaleString('en-US')} parameters, ${data}: ${images} images, backend ${backend.name}`,
    ...(from ? [`images resized from ${from.join(' x ')} to ${inputShape.slice(0, 2).join(' x ')}`] : []),
    `${optimizer}, learning rate ${lr} (${schedule}), batches of ${batchSize}, seed ${seed}`,
    ...(epochsDone > 0 ? [`going on after ${epochsDone} of ${epochs} epochs`] : []),
  ].join('\n');
}

/** One line per epoch. */
export function formatEpoch(
  record: EpochRecord,
  { epochs, measured = 'test' }: { epochs: number; measured?: 'test' | 'validation' },
): string {
  const { epoch, trainLoss, trainAccuracy = null, testLoss = Number.NaN, testAccuracy = null } = record;
  const count = `${epoch}`.padStart(`${epochs}`.length);
  return [
    `epoch ${count}/${epochs}`,
    `train loss ${trainLoss.toFixed(4)}`,
    `train accuracy ${percent(trainAccuracy)}`,
    `${measured} loss ${testLoss.toFixed(4)}`,
    `${measured} accuracy ${percent(testAccuracy)}`,
    `${record.seconds.toFixed(1)} s`,
    rate(record.examplesPerSecond),
  ].join('  ');
}

/** A bar within each epoch on a terminal, and a line after it. */
export function progressCallback(output: Output, bar: ProgressLine, epochs: number): Callback {
  return {
    onBatchEnd({ epoch, batch, numBatches, loss, examplesPerSecond }: BatchInfo): void {
      const figures = loss === undefined ? '' : `loss ${loss.toFixed(4)}  `;
      bar.show({
        label: `epoch ${epoch}/${epochs}`,
        done: batch,
        total: numBatches,
        detail: `${figures}${rate(examplesPerSecond)}`,
      });
    },
    onEpochEnd(record: EpochRecord): void {
      bar.clear();
      output.progress(formatEpoch(record, { epochs }));
    },
  };
}
