import type * as tf from '@tensorflow/tfjs-core';
import { accuracy } from '../metric/accuracy.ts';
import type { Metric, MetricFactory } from '../metric/metric.ts';

export type MetricFactories = Readonly<Record<string, MetricFactory>>;

/** Named metrics of one phase. Without factories it measures accuracy, where targets are class labels. */
export class MetricSet {
  readonly #factories: MetricFactories | undefined;
  #metrics: Map<string, Metric> | undefined;

  constructor(factories?: MetricFactories) {
    this.#factories = factories;
  }

  update(outputs: tf.Tensor, targets: tf.Tensor): void {
    this.#metrics ??= this.#create(targets.dtype === 'int32' && outputs.rank === targets.rank + 1);
    for (const metric of this.#metrics.values()) metric.update(outputs, targets);
  }

  async compute(): Promise<Record<string, number>> {
    const figures: Record<string, number> = {};
    for (const [name, metric] of this.#metrics ?? []) figures[name] = await metric.compute();
    return figures;
  }

  reset(): void {
    for (const metric of this.#metrics?.values() ?? []) metric.reset();
  }

  async state(): Promise<Record<string, number[]>> {
    const state: Record<string, number[]> = {};
    for (const [name, metric] of this.#metrics ?? []) state[name] = await metric.state();
    return state;
  }

  /** Why a state of metrics with these names cannot be loaded. */
  misfit(names: readonly string[]): string | undefined {
    const own = Object.keys(this.#factories ?? { accuracy });
    if (names.length === 0 || [...names].sort().join() === [...own].sort().join()) return undefined;
    return `its metrics are ${names.join(', ')}, the trainer's ${own.join(', ')}`;
  }

  /** New metrics with a state that `misfit` found to fit; throws what a metric does not take. */
  restored(state: Readonly<Record<string, number[]>>): MetricSet {
    const restored = new MetricSet(this.#factories);
    if (Object.keys(state).length === 0) return restored;
    const metrics = this.#create(true);
    restored.#metrics = metrics;
    for (const [name, metric] of metrics) {
      try {
        metric.loadState(state[name]!);
      } catch (cause) {
        restored.dispose();
        throw new Error(`metric ${name}: ${(cause as Error).message}`, { cause });
      }
    }
    return restored;
  }

  /** Goes on as `other`, which must not be used any more. */
  takeOver(other: MetricSet): void {
    this.dispose();
    this.#metrics = other.#metrics;
  }

  dispose(): void {
    for (const metric of this.#metrics?.values() ?? []) metric.dispose();
    this.#metrics = undefined;
  }

  #create(classification: boolean): Map<string, Metric> {
    const factories = this.#factories ?? (classification ? { accuracy } : {});
    return new Map(Object.entries(factories).map(([name, create]) => [name, create()]));
  }
}
