import { type Batch, ZooError } from '@zoo/core';
import type { Dataset, Located } from '../dataset.ts';
import type { ImageDataset } from '../image-dataset.ts';
import { lateError, listed } from './errors.ts';
import type { Failure, Job, JobResult, WorkerPool } from './job.ts';
import { type Slot, Slots } from './slots.ts';
import { Watchdog } from './watchdog.ts';

/** A batch whose turn has not come; with workers its tensors are made only then. */
export interface Prepared {
  take(): Batch;
  discard(): void;
}

const locate = (dataset: Dataset, indices: Uint32Array): Located => dataset.locate?.(indices) ?? { dataset, indices };

/** Images per job: few enough that a batch is spread over all workers and that none waits long for the last one. */
export const imagesPerJob = 16;

/** The workers in use, until they are closed or one of them does not answer. */
interface Team {
  pool: Promise<WorkerPool>;
  watchdog: Watchdog<readonly string[]>;
  /** Whether they were ended while they may have been writing. */
  ended: boolean;
}

/** Batches of images, each made by all workers of a pool in memory that they share where the platform allows it. */
export class BatchWorkers {
  /** Batches to prepare ahead so that no worker waits for the batch in use. */
  readonly prefetch: number;
  private readonly dataset: Dataset;
  private readonly source: ImageDataset;
  private readonly workers: number;
  private readonly perJob: number;
  private readonly slots: Slots | undefined;
  private readonly timeout: number;
  private team: Team | undefined;

  constructor(
    dataset: Dataset,
    { workers, batchSize, timeout }: { workers: number; batchSize: number; timeout: number },
  ) {
    const located = locate(dataset, new Uint32Array()).dataset;
    if (!('recipe' in located)) {
      throw new ZooError(
        'NOT_SUPPORTED',
        `workers decode images: they need an ImageDataset (imageFolder, imageFiles, ...) or a subset of one, not '${dataset.describe().name}'. Leave workers out.`,
      );
    }
    this.dataset = dataset;
    this.source = located as ImageDataset;
    this.workers = workers;
    this.timeout = timeout;
    this.perJob = Math.min(imagesPerJob, Math.ceil(batchSize / workers));
    this.prefetch = Math.max(2, Math.ceil((2 * workers) / Math.ceil(batchSize / this.perJob)));
    const [height, width, channels] = this.source.recipe.inputShape;
    const area = height * width * batchSize * 4;
    if (canShareMemory()) {
      this.slots = new Slots(() => ({
        inputs: new SharedArrayBuffer(area * channels),
        ...(this.source.recipe.mask && { masks: new SharedArrayBuffer(area) }),
      }));
    }
  }

  /** Workers that are watched: when none has ended a job for too long, all are ended, and the next batch gets others. */
  private start(): Team {
    const team: Team = {
      pool: import('#platform').then(({ createPool }) => createPool(this.workers)),
      watchdog: new Watchdog(this.timeout, (jobs) => {
        team.ended = true;
        if (this.team === team) this.team = undefined;
        team.pool.then((pool) => pool.close()).catch(() => {});
        const running = jobs.slice(0, this.workers).flat(); // the others wait for these
        return lateError(this.timeout, running, '; the workers were ended');
      }),
      ended: false,
    };
    return team;
  }

  /** Makes some examples; `names` are theirs. */
  private async run(part: Uint32Array, place: Pick<Job, 'epoch' | 'first' | 'slot'>, team: Team) {
    const names = Array.from(part, (index) => this.source.items[index]?.name ?? `${index}`);
    const make = async (): Promise<JobResult> => {
      const job = await this.source.job(part, place);
      const pool = await team.pool;
      return pool.run(job).catch((cause: unknown) => {
        const message = `A worker stopped while it prepared the images ${listed(names)}: ${(cause as Error).message}.`;
        throw new ZooError('INTERRUPTED', message, { cause });
      });
    };
    return { first: place.first, result: await team.watchdog.watch(names, make()) };
  }

  async prepare(indices: Uint32Array, epoch: number): Promise<Prepared> {
    const own = locate(this.dataset, indices).indices;
    this.team ??= this.start();
    const { team } = this;
    await team.pool;
    const slot = this.slots?.take();
    const giveBack = () => {
      if (!slot) return;
      if (team.ended) this.slots?.drop();
      else this.slots?.giveBack(slot);
    };
    const jobs: Promise<{ first: number; result: JobResult }>[] = [];
    for (let first = 0; first < own.length; first += this.perJob) {
      const place: Pick<Job, 'epoch' | 'first' | 'slot'> = { epoch, first, ...(slot && { slot }) };
      jobs.push(this.run(own.subarray(first, first + this.perJob), place, team));
    }
    // All of them: none may write to a slot that is in use again.
    const settled = await Promise.allSettled(jobs);
    try {
      const results = settled.map((job) => {
        if (job.status === 'rejected') throw job.reason;
        return job.value;
      });
      const failures = results.flatMap(({ first, result }) =>
        result.failures.map((failure): Failure => ({ ...failure, position: failure.position + first })),
      );
      const good = this.source.leaveOut(own, failures);
      return {
        take: () => {
          const values = slot ? this.shared(slot, own.length) : gathered(results.map(({ result }) => result));
          try {
            return this.source.toBatch(own, good, values);
          } finally {
            giveBack();
          }
        },
        discard: giveBack,
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private shared({ inputs, masks }: Slot, n: number): { inputs: Float32Array; masks?: Int32Array } {
    const [height, width, channels] = this.source.recipe.inputShape;
    return {
      inputs: new Float32Array(inputs, 0, n * height * width * channels),
      ...(masks && { masks: new Int32Array(masks, 0, n * height * width) }),
    };
  }

  async close(): Promise<void> {
    const { team } = this;
    this.team = undefined;
    this.slots?.clear();
    await (await team?.pool)?.close();
  }
}

/** Browsers share memory only with pages that are isolated from other origins. */
function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
}

/** Values that came by message, side by side. */
function gathered(results: readonly JobResult[]): { inputs: Float32Array; masks?: Int32Array } {
  const inputs = results.map((result) => result.inputs!);
  const masks = results.flatMap((result) => result.masks ?? []);
  const total = (parts: readonly { length: number }[]) => parts.reduce((sum, { length }) => sum + length, 0);
  const joined = concatenated(inputs, new Float32Array(total(inputs)));
  return masks.length > 0
    ? { inputs: joined, masks: concatenated(masks, new Int32Array(total(masks))) }
    : { inputs: joined };
}

function concatenated<T extends Float32Array | Int32Array>(parts: readonly T[], out: T): T {
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
