import cliProgress from 'cli-progress';
import type { BatchInfo, Callback, EpochInfo } from '../trainer/callback.ts';
import type { EpochRecord } from '../trainer/history.ts';

export interface ProgressBarOptions {
  /** Default stderr. Nothing is written where it is not a terminal. */
  stream?: NodeJS.WriteStream;
}

const format = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '-';

/** One line per epoch: `epoch 2/10  loss 0.412  train acc 0.851  test acc 0.862  1234 examples/s`. */
export function formatEpoch(record: EpochRecord, epochs?: number): string {
  const parts = [`epoch ${record.epoch}${epochs ? `/${epochs}` : ''}`, `loss ${format(record.trainLoss, 4)}`];
  if (record.trainAccuracy !== undefined) parts.push(`train acc ${format(record.trainAccuracy, 4)}`);
  if (record.testLoss !== undefined) parts.push(`test loss ${format(record.testLoss, 4)}`);
  if (record.testAccuracy !== undefined) parts.push(`test acc ${format(record.testAccuracy, 4)}`);
  parts.push(`${format(record.examplesPerSecond, 0)} examples/s`);
  return parts.join('  ');
}

/** A bar per epoch with running loss and examples per second, and a line when the epoch is done. */
export function progressBar({ stream = process.stderr }: ProgressBarOptions = {}): Callback {
  if (!stream.isTTY) return {};
  let bar: cliProgress.SingleBar | undefined;
  let epochs = 0;
  const payload = (loss: number | undefined, rate: number) => ({ loss: format(loss, 4), rate: format(rate, 0) });
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    onEpochStart(info: EpochInfo) {
      epochs = info.epochs;
      bar = new cliProgress.SingleBar(
        {
          stream,
          format: `epoch ${info.epoch}/${epochs} [{bar}] {value}/{total}  loss {loss}  {rate} examples/s  {eta_formatted}`,
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          gracefulExit: false, // signals are the caller's
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(info.numBatches, info.batchesDone, payload(undefined, 0));
    },
    onBatchEnd({ batch, loss, examplesPerSecond }: BatchInfo) {
      bar?.update(batch, payload(loss, examplesPerSecond));
    },
    onEpochEnd(record: EpochRecord) {
      end();
      stream.write(`${formatEpoch(record, epochs)}\n`);
    },
    onFitEnd: end,
    onFitError: end,
  };
}
