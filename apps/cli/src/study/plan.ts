import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Registry, ZooError } from '@zoo/core';
import type { EnsembleSpec } from '../experiment/ensemble-schema.ts';
import type { HeadSpec } from '../experiment/head-schema.ts';
import type { ExperimentFile } from '../experiment/read-experiment.ts';
import type { BackboneSpec, DataSource, Experiment } from '../experiment/schema.ts';
import { formatTable } from '../output/table.ts';

/** A backbone with a name of its own. */
export type PlannedBackbone = BackboneSpec & { name: string };

/** One head on one backbone. */
export interface PlannedMember {
  name: string;
  backbone: string;
  head: HeadSpec;
}

/** What a study does, with every name and path made definite. */
export interface StudyPlan {
  title: string;
  seed: number;
  backend: string | undefined;
  /** Absolute; results, report and feature stores go there. */
  out: string;
  /** Paths in the file begin here. */
  base: string;
  data: Experiment['data'];
  backbones: readonly PlannedBackbone[];
  members: readonly PlannedMember[];
  ensembles: readonly EnsembleSpec[];
  batchSize: number;
  /** Whether stored features are replaced. */
  overwrite: boolean;
  report: Experiment['report'];
  /** The file, as it was written. */
  text: string;
  path: string;
}

export const featureFolder = (plan: StudyPlan, backbone: string, part: string): string =>
  join(plan.out, 'features', backbone.replace(/[^\w.-]+/g, '-'), part);

/** Names as they were given, else the models'; equal ones are numbered. */
function nameBackbones(backbones: readonly BackboneSpec[], path: string): PlannedBackbone[] {
  const wanted = backbones.map(({ name, model }) => name ?? model);
  const given = backbones.flatMap(({ name }) => name ?? []);
  const twice = given.find((name, i) => given.indexOf(name) < i);
  if (twice) throw new ZooError('INVALID_CONFIG', `${path}: two backbones are called '${twice}'.`);
  return backbones.map((backbone, i) => {
    const same = wanted.filter((name) => name === wanted[i]).length > 1 && backbone.name === undefined;
    const number = wanted.slice(0, i + 1).filter((name) => name === wanted[i]).length;
    return { ...backbone, name: same ? `${wanted[i]}-${number}` : wanted[i]! };
  });
}

const headName = (head: HeadSpec, heads: readonly HeadSpec[]): string => {
  const same = heads.filter(({ type }) => type === head.type);
  return same.length > 1 ? `${head.type}-${same.indexOf(head) + 1}` : head.type;
};

export interface PlanOptions {
  /** Instead of the file's folder; relative to `cwd`. */
  out?: string | undefined;
  overwrite?: boolean;
  backend?: string | undefined;
  cwd: string;
  registry: Registry;
}

/** Makes an experiment definite. Throws for names of models and backbones that do not go. */
export function planStudy({ path, text, experiment }: ExperimentFile, options: PlanOptions): StudyPlan {
  const base = dirname(path);
  const { data, heads, ensemble, seed, batchSize, report } = experiment;
  for (const { model } of experiment.backbones) options.registry.model(model); // refuses unknown names
  const backbones = nameBackbones(experiment.backbones, path);
  const members = backbones.flatMap(({ name }) =>
    heads.map((head) => ({
      name: heads.length > 1 ? `${name} + ${headName(head, heads)}` : name,
      backbone: name,
      head,
    })),
  );
  const stem = basename(path).replace(/\.(ya?ml|json)$/i, '');
  return {
    title: experiment.name ?? stem,
    seed,
    backend: options.backend ?? experiment.backend,
    out:
      options.out === undefined
        ? resolve(base, experiment.out ?? join('runs', stem))
        : resolve(options.cwd, options.out),
    base,
    data,
    backbones,
    members,
    ensembles: ensemble,
    batchSize,
    overwrite: options.overwrite ?? false,
    report,
    text,
    path,
  };
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** `type` and the options beside it, in a few words. */
export function describeSpec({ type, ...options }: HeadSpec | EnsembleSpec): string {
  const told = Object.entries(options).filter(([, value]) => value !== undefined && value !== 0);
  const details = told.map(([key, value]) => `${key} ${shown(value)}`);
  return details.length > 0 ? `${type} (${details.join('; ')})` : type;
}

function describeData(source: DataSource | { fraction: number }, part: 'train' | 'test'): string {
  if ('fraction' in source) return `${Math.round(100 * source.fraction)} % of the training images, drawn by the seed`;
  const share = source.part ? `, ${source.part.map((x) => `${Math.round(100 * x)} %`).join(' to ')}` : '';
  return `${source.source} (${source.split ?? part})${share}`;
}

/** What a study would do, for `--dry-run`. */
export function formatPlan(plan: StudyPlan, { cwd }: { cwd: string }): string {
  const { data, backbones, members, ensembles } = plan;
  const folder = relative(cwd, plan.out);
  const rows = backbones.map(({ name, model, weights, taps, pool }) => [
    name,
    model,
    weights,
    taps.join(', '),
    taps.every((tap) => tap === 'preLogits') ? '-' : pool,
  ]);
  const heads = [...new Set(members.map(({ head }) => head))];
  return [
    plan.title,
    '',
    `Seed        ${plan.seed}`,
    `Train       ${describeData(data.train, 'train')}`,
    `Validation  ${describeData(data.validation, 'test')}`,
    `Test        ${describeData(data.test, 'test')}`,
    ...(data.images === undefined ? [] : [`Images      at most ${data.images} of each`]),
    '',
    formatTable({ head: ['Backbone', 'Model', 'Weights', 'Taps', 'Pool'], rows }),
    '',
    ...heads.map((head) => `Head        ${describeSpec(head)}`),
    ...ensembles.map((ensemble) => `Ensemble    ${describeSpec(ensemble)}`),
    '',
    `${members.length} members; the best head of each backbone by validation accuracy goes into the ensemble${ensembles.length > 1 ? ', and the best ensemble is chosen the same way' : ''}.`,
    `Writes      ${folder.startsWith('..') || folder === '' ? plan.out : folder}: features/, members/, results.json, report.html`,
  ].join('\n');
}
