import { inputSpecOf } from '../net/create-net.ts';
import type { Answer, Measurement } from '../net/measure.ts';
import { percent } from '../output/format-measurement.ts';
import { describeEnvironment } from '../training/environment.ts';
import { runFiles } from '../training/run-folder.ts';
import type { Trained } from '../training/train.ts';
import { renderReport } from './report.ts';
import { firstOfEachClass, surestMistakes, takeSamples } from './samples.ts';

export interface ReportOptions {
  trained: Trained;
  measurement: Measurement;
  answers: readonly Answer[];
  /** Curves as SVG markup. */
  curves: string;
}

const perClass = 2;
const mistakeLimit = 12;

function timingOf({ history }: Trained, measurement: Measurement): Record<string, string> {
  const { epochs } = history;
  const seconds = epochs.reduce((sum, record) => sum + record.seconds, 0);
  const examples = epochs.reduce((sum, record) => sum + record.seconds * record.examplesPerSecond, 0);
  return {
    Training: `${seconds.toFixed(1)} s for ${epochs.length} epochs`,
    'Per epoch': `${(seconds / Math.max(1, epochs.length)).toFixed(2)} s`,
    'Training speed': `${Math.round(examples / seconds).toLocaleString('en-US')} images/s`,
    Evaluation: `${measurement.seconds.toFixed(1)} s for ${measurement.examples.toLocaleString('en-US')} images`,
  };
}

/** The HTML report of a finished training. */
export async function reportTraining({ trained, measurement, answers, curves }: ReportOptions): Promise<string> {
  const { settings, prepared, backend, history } = trained;
  const { test, net } = prepared;
  const common = { ...test, answers, inputSpec: inputSpecOf(net) };
  const samples = await takeSamples({ ...common, indices: firstOfEachClass(test.labels, perClass) });
  const mistakes = await takeSamples({ ...common, indices: surestMistakes(test.labels, answers, mistakeLimit) });
  const best = history.best('testAccuracy');
  const parameters = net.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  return renderReport({
    title: `${settings.model} on ${settings.data}`,
    subtitle: `Trained on ${prepared.train.dataset.length.toLocaleString('en-US')} images, tested on ${test.dataset.length.toLocaleString('en-US')}.`,
    tiles: [
      [percent(measurement.accuracy), 'test accuracy'],
      [percent(measurement.topK.accuracy), `top ${measurement.topK.k}`],
      [measurement.loss.toFixed(3), 'test loss'],
      [percent(history.last?.trainAccuracy ?? null), 'train accuracy'],
      [best ? `${percent(best.testAccuracy ?? null)}` : '-', `best epoch${best ? ` (${best.epoch})` : ''}`],
      [parameters.toLocaleString('en-US'), 'parameters'],
    ],
    curves,
    measurement,
    samples,
    mistakes,
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        value === null ? '-' : typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
    ),
    timing: timingOf(trained, measurement),
    environment: describeEnvironment(backend),
    files: Object.values(runFiles).filter((file) => file !== runFiles.report),
  });
}
