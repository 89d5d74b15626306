import type { BackendChoice } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { CommandContext } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import { type Measurement, mostConfused } from '../net/measure.ts';
import { percent } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { describeEnvironment } from '../training/environment.ts';
import { type Backbone, loadBackbone, prepareFor } from './backbone.ts';
import { type BackboneFeatures, extractStudy } from './extract-study.ts';
import { type FittedEnsemble, fitEnsemble } from './fit-ensemble.ts';
import { gatherData, type StudyData } from './gather-data.ts';
import { Laps } from './laps.ts';
import { bestOf, chosenMembers, type FittedMember, fitMember, joinedRows, rowsOf } from './members.ts';
import { describeSpec, type StudyPlan } from './plan.ts';
import type { EnsembleResult, MemberResult, StudyResult } from './result.ts';
import { measureScores, type Scores } from './scores.ts';

/** A study that ran to its end, with what its report still needs; dispose it. */
export interface FinishedStudy {
  plan: StudyPlan;
  data: StudyData;
  result: StudyResult;
  backbones: ReadonlyMap<string, Backbone>;
  /** The best head of every backbone. */
  members: readonly FittedMember[];
  ensembles: readonly MeasuredEnsemble[];
  /** Probabilities of the chosen ensemble for the test images. */
  probabilities: Scores;
  laps: Laps;
  dispose(): void;
}

export interface MeasuredEnsemble {
  name: string;
  fitted: FittedEnsemble;
  spec: StudyPlan['ensembles'][number];
  validation: Measurement;
  test: Measurement;
  probabilities: Scores;
}

type StudyContext = Pick<CommandContext, 'io' | 'output' | 'registry'>;

/** Things that are disposed together, in the reverse of their order. */
class Owned {
  private readonly things: { dispose(): void }[] = [];

  add<T extends { dispose(): void }>(thing: T): T {
    this.things.push(thing);
    return thing;
  }

  readonly dispose = (): void => {
    for (const thing of this.things.splice(0).reverse()) thing.dispose();
  };
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

async function fitEnsembles(
  plan: StudyPlan,
  chosen: readonly FittedMember[],
  {
    joined,
    classNames,
    signal,
    owned,
  }: {
    joined: ReturnType<typeof joinedRows>;
    classNames: readonly string[];
    signal: AbortSignal;
    owned: Owned;
  },
): Promise<MeasuredEnsemble[]> {
  const part = (name: 'validation' | 'test') => ({
    logits: chosen.map((member) => member.logits[name]),
    labels: joined.parts[name].labels!,
    features: joined.parts[name],
  });
  const measured: MeasuredEnsemble[] = [];
  for (const spec of plan.ensembles) {
    const fitted = owned.add(
      await fitEnsemble(spec, {
        train: joined.parts.train,
        validation: part('validation'),
        widths: joined.widths,
        numClasses: classNames.length,
        seed: plan.seed,
        signal,
      }),
    );
    const judge = (scores: Scores, dataset: Dataset) => measureScores(scores, { labels: dataset.labels!, classNames });
    const [validation, probabilities] = [await fitted.predict(part('validation')), await fitted.predict(part('test'))];
    const same = plan.ensembles.filter(({ type }) => type === spec.type);
    measured.push({
      name: same.length > 1 ? `${spec.type}-${same.indexOf(spec) + 1}` : spec.type,
      fitted,
      spec,
      validation: judge(validation, joined.parts.validation),
      test: judge(probabilities, joined.parts.test),
      probabilities,
    });
  }
  return measured;
}

const accuracyOf = ({ accuracy, loss }: Measurement) => ({ accuracy, loss });

const memberResult = (member: FittedMember, chosen: boolean): MemberResult => ({
  name: member.planned.name,
  detail: describeSpec(member.planned.head),
  validation: accuracyOf(member.validation),
  test: accuracyOf(member.test),
  seconds: member.seconds,
  backbone: member.planned.backbone,
  head: member.planned.head,
  width: member.width,
  chosen,
});

const ensembleResult = ({ name, spec, fitted, ...figures }: MeasuredEnsemble, chosen: boolean): EnsembleResult => ({
  name,
  detail: fitted.weights
    ? `${describeSpec(spec)}: ${fitted.weights.map((w) => w.toFixed(2)).join(', ')}`
    : describeSpec(spec),
  validation: accuracyOf(figures.validation),
  test: accuracyOf(figures.test),
  seconds: fitted.seconds,
  ensemble: spec,
  chosen,
  ...(fitted.weights && { weights: fitted.weights }),
});

async function study(
  plan: StudyPlan,
  context: StudyContext,
  { backend, bar, signal, owned }: { backend: BackendChoice; bar: ProgressLine; signal: AbortSignal; owned: Owned },
): Promise<FinishedStudy> {
  const { output, registry } = context;
  const laps = new Laps();
  const onNotice = (notice: string): void => output.warn(notice);
  const opening = { registry, cwd: plan.base, signal, onProgress: bar.download, onNotice };
  const data = await gatherData(plan.data, { ...opening, seed: plan.seed });
  const { classNames } = data;
  const count = (n: number): string => n.toLocaleString('en-US');
  output.progress(
    `${plan.title}: ${count(data.train.length)} + ${count(data.test.length)} images of ${classNames.length} classes, backend ${backend.name}`,
  );
  laps.lap('Opening the data');

  const backbones = new Map<string, Backbone>();
  const features = new Map<string, BackboneFeatures>();
  for (const spec of plan.backbones) {
    const backbone = await loadBackbone(spec, opening);
    owned.add(backbone.net);
    await prepareFor(backbone, data.train, plan.data.transforms); // refuses wrong transforms before any work
    backbones.set(spec.name, backbone);
  }
  bar.clear();
  laps.lap('Loading the backbones');
  for (const [name, backbone] of backbones) {
    const found = await extractStudy(backbone, { plan, data }, { signal, onProgress: (state) => bar.show(state) });
    bar.clear();
    features.set(name, found);
    const passed = laps.lap('Extracting features');
    const width = found.train.dataset().inputShape[0]!;
    output.progress(`features of ${name}: ${width} per image, ${found.stored ? 'stored before' : seconds(passed)}`);
  }

  const members: FittedMember[] = [];
  for (const planned of plan.members) {
    const parts = rowsOf(features.get(planned.backbone)!, plan);
    const member = await fitMember(planned, parts, { plan, classNames, signal });
    owned.add(member.head);
    members.push(member);
    const passed = laps.lap('Training the heads');
    output.progress(
      `head ${planned.name} (${planned.head.type}): validation ${percent(member.validation.accuracy)}, ${seconds(passed)}`,
    );
  }

  const chosen = chosenMembers(members);
  const joined = joinedRows(features, plan);
  const ensembles = await fitEnsembles(plan, chosen, { joined, classNames, signal, owned });
  const best = bestOf(ensembles);
  laps.lap('Fitting the ensembles');
  for (const { name, validation } of ensembles)
    output.progress(
      `ensemble ${name}: validation ${percent(validation.accuracy)}${name === best.name ? ', chosen' : ''}`,
    );
  const result: StudyResult = {
    title: plan.title,
    seed: plan.seed,
    data: {
      train: joined.parts.train.length,
      validation: joined.parts.validation.length,
      test: joined.parts.test.length,
      classNames,
    },
    members: members.map((member) => memberResult(member, chosen.includes(member))),
    ensembles: ensembles.map((ensemble) => ensembleResult(ensemble, ensemble === best)),
    measurement: best.test,
    confused: mostConfused(best.test, 10),
    timing: laps.seconds,
    environment: describeEnvironment(backend),
  };
  const { probabilities } = best;
  return { plan, data, result, backbones, members: chosen, ensembles, probabilities, laps, dispose: owned.dispose };
}

/** Runs a study up to its figures; the caller disposes what it returns. Ctrl-C stops it; stored features are kept. */
export async function runStudy(plan: StudyPlan, context: StudyContext): Promise<FinishedStudy> {
  const { io, output, registry } = context;
  const backend = await startBackend(plan.backend, { registry, env: io.env });
  const bar = new ProgressLine(output);
  const owned = new Owned();
  try {
    const work = (signal: AbortSignal) => study(plan, context, { backend, bar, signal, owned });
    return await interruptible(io, 'The study', work, 'Features that were stored are kept; the rest is lost.');
  } catch (error) {
    owned.dispose();
    throw error;
  } finally {
    bar.clear();
  }
}
