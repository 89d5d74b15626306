import { jsonShape, type RngState, ZooError } from '@zoo/core';
import type { OptimizerState } from '../optim/optimizer-state.ts';
import type { ScheduleState } from '../schedule/schedule.ts';
import type { TrainingStateData } from '../trainer/training-state.ts';
import { type Checkpoint, metadataKey } from './checkpoint.ts';
import { fromJson } from './json.ts';

/** What a checkpoint keeps as JSON. */
export interface CheckpointData extends TrainingStateData {
  version: 1;
  optimizer: { name: string; paramGroups: OptimizerState['paramGroups'] };
  schedule: ScheduleState | null;
  rng: Record<string, RngState>;
  callbacks: Record<string, unknown>;
}

const { number, text, whole, list, record, object, orNull, anything } = jsonShape;
/** An epoch or a point of a history: figures by their names. */
const figures = object({ epoch: number, trainLoss: number }, number);

const shape = object({
  cursor: object({ epoch: whole(0), batch: whole(0) }),
  step: whole(0),
  seconds: number,
  source: orNull(object({ numExamples: whole(0), numBatches: whole(0) })),
  running: object({ sum: number, examples: whole(0) }),
  metrics: record(list(number)),
  history: object({ epochs: list(figures), points: list(figures) }),
  optimizer: object({ name: text, paramGroups: list(object({ params: list(whole(0)) })) }),
  schedule: orNull(object({ count: whole(0), baseLrs: list(number) })),
  rng: record(list(whole(0))),
  callbacks: record(anything),
});

/** The JSON of a checkpoint, every entry checked. Throws `STATE_DICT_MISMATCH`, `NOT_SUPPORTED` or `CORRUPT_FILE`. */
export function readData({ metadata }: Checkpoint, source: string): CheckpointData {
  const json = metadata[metadataKey];
  if (json === undefined) {
    throw new ZooError('STATE_DICT_MISMATCH', `${source} holds weights but no training: it cannot be resumed.`);
  }
  const data = fromJson(json, `${source}: metadata '${metadataKey}'`) as { version?: unknown } | null;
  if (typeof data?.version === 'number' && data.version > 1) {
    throw new ZooError('NOT_SUPPORTED', `${source} was written by a newer version: its format is ${data.version}.`);
  }
  const wrong = object({ version: jsonShape.oneOf(1) })(data, 'the whole') ?? shape(data, '');
  if (wrong) throw new ZooError('CORRUPT_FILE', `${source}: metadata '${metadataKey}' is damaged: ${wrong}.`);
  return data as CheckpointData;
}
