import type { Command } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { measure } from '../net/measure.ts';
import { type GivenSettings, parseTrainOptions } from '../options/train-options.ts';
import { percent } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { reportTraining } from '../report/from-training.ts';
import { runFiles } from '../training/run-folder.ts';
import { type Destination, runFolder, type TrainContext, type Trained, train } from '../training/train.ts';

/** Draws the curves into the run's folder; returns the SVG. */
async function drawCurves({ history, folder, settings }: Trained): Promise<string> {
  const { curvesPng, curvesSvg } = await import('@zoo/train/report');
  const svg = curvesSvg(history, { title: `${settings.model} on ${settings.data}` });
  await folder.write('svg', svg);
  await folder.write('png', await curvesPng(svg));
  return svg;
}

async function trainAndReport(context: TrainContext, given: GivenSettings, destination: Destination): Promise<number> {
  const { io, output } = context;
  const trained = await train(context, given, destination);
  const { settings, prepared, history, folder, backend } = trained;
  const { net, record, test } = prepared;
  const bar = new ProgressLine(output);
  try {
    const work = (signal: AbortSignal) =>
      measure({
        net,
        dataset: test.dataset,
        classNames: record.classNames,
        batchSize: 256,
        topK: Math.min(5, record.classNames.length),
        signal,
        onBatch: (done, total) => bar.show({ label: 'Evaluating', done, total }),
      });
    const lost = `It is lost; ${folder.shown('model')} is saved.`;
    const { measurement, answers } = await interruptible(io, 'The report', work, lost);
    bar.clear();
    const curves = await drawCurves(trained);
    await folder.write('report', await reportTraining({ trained, measurement, answers, curves }));
    const best = history.best('testAccuracy');
    const files = Object.fromEntries(
      Object.keys(runFiles).map((name) => [name, folder.file(name as keyof typeof runFiles)]),
    );
    const lines = [
      `${settings.model} on ${settings.data}: test accuracy ${percent(measurement.accuracy)}, loss ${measurement.loss.toFixed(4)} after ${history.epochs.length} epochs`,
      ...(best ? [`best epoch ${best.epoch}: test accuracy ${percent(best.testAccuracy ?? null)}`] : []),
      `weights ${folder.shown('model')} (best: ${runFiles.best})`,
      `report  ${folder.shown('report')}`,
    ];
    output.result(
      { settings, backend: backend.name, ...history.toJSON(), best: best ?? null, test: measurement, files },
      lines.join('\n'),
    );
    return exitCodes.ok;
  } finally {
    bar.clear();
    net.dispose();
  }
}

/** `zoo train MODEL`. */
export const trainCommand: Command = async ({ io, output, registry }, [model = ''], raw) => {
  const { given, run } = parseTrainOptions(model, raw);
  const folder = runFolder(io.cwd, given, run);
  return folder.hold(() => trainAndReport({ io, output, registry }, given, { run, folder }));
};
