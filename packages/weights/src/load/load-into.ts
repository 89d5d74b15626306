import { type AnyModule, type StateDict, type StateEntry, shorten, ZooError } from '@zoo/core';
import { memoryFile, tellNotices, type WeightFile } from '../source/weight-file.ts';
import { type AdaptOptions, type LoadPlan, planLoad } from './plan.ts';

export interface LoadIntoOptions extends AdaptOptions {
  /** Refuse missing and unexpected tensors; default true. Wrong shapes are refused always. */
  strict?: boolean;
  onNotice?: (notice: string) => void;
  signal?: AbortSignal;
  /** Adds to the error of a file that does not fit, e.g. which net it does fit. */
  explain?: (file: WeightFile) => string;
}

export interface LoadIntoReport {
  missing: string[];
  unexpected: string[];
  dropped: string[];
  adapted: string[];
}

const shownKeys = 8;

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > shownKeys ? `\n    ... and ${lines.length - shownKeys} more` : '';
  return `\n  ${title} (${lines.length}):\n    ${lines
    .slice(0, shownKeys)
    .map((line) => shorten(line, 200))
    .join('\n    ')}${more}`;
}

function mismatch(file: WeightFile, model: AnyModule, plan: LoadPlan, explain: LoadIntoOptions['explain']): ZooError {
  const lists =
    section('Missing in the file', plan.missing) +
    section('Unknown to the net', plan.unexpected) +
    section('Of another shape', plan.misShaped);
  const hint = explain?.(file) ?? '';
  const message = `${file.name} does not fit ${model.constructor.name}; nothing was loaded.${hint && ` ${hint}`}${lists}`;
  return new ZooError('STATE_DICT_MISMATCH', message);
}

/**
 * Loads an opened file, or a state dict, into a module: names and shapes are checked first, then one tensor after the
 * other is read and assigned, so that no more than one is in memory besides the module and the file. The file stays open.
 * Throws `STATE_DICT_MISMATCH` naming what differs, and loads nothing then.
 */
export async function loadInto(
  model: AnyModule,
  source: WeightFile | StateDict,
  { strict = true, onNotice, signal, explain, ...options }: LoadIntoOptions = {},
): Promise<LoadIntoReport> {
  const file = source instanceof Map ? memoryFile('The state dict', { tensors: source }) : source;
  const plan = planLoad(file.tensors, model, options);
  const { missing, unexpected, misShaped, dropped, adapted, notices } = plan;
  if (misShaped.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw mismatch(file, model, plan, explain);
  }
  const entries = new Map<string, StateEntry>(model.stateEntries());
  for (const [key, { source: name, adapt }] of plan.assignments) {
    if (signal?.aborted) throw new ZooError('INTERRUPTED', `Loading ${file.name} was stopped; the net is half loaded.`);
    const tensor = await file.read(name);
    entries.get(key)!.load(adapt ? adapt(tensor) : tensor);
  }
  tellNotices(file.name, [...file.notices, ...notices], onNotice);
  return { missing, unexpected, dropped, adapted };
}
