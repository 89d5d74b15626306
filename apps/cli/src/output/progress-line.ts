import { basename } from 'node:path';
import { formatBytes } from '@zoo/core';
import type { LoadOptions } from '@zoo/datasets/node';
import type { Output } from './output.ts';

export interface ProgressState {
  label: string;
  done: number;
  total: number;
  /** Figures after the bar. */
  detail?: string;
}

const width = 28;
const minimumInterval = 50;

/** One line on a terminal's stderr that is drawn anew as work goes on; nothing anywhere else. */
export class ProgressLine {
  private readonly output: Output;
  private drawn = false;
  private last = 0;

  constructor(output: Output) {
    this.output = output;
  }

  show({ label, done, total, detail = '' }: ProgressState): void {
    const now = performance.now();
    if (!this.output.animated || (now - this.last < minimumInterval && done < total)) return;
    this.last = now;
    const filled = Math.round((width * done) / Math.max(total, 1));
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    this.output.redraw(`${label} ${bar} ${done}/${total} ${detail}`);
    this.drawn = true;
  }

  /** For `onProgress` of a dataset that downloads. */
  readonly download: NonNullable<LoadOptions['onProgress']> = ({ file, loaded, total }) => {
    const detail = `${formatBytes(loaded)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`;
    this.show({
      label: `Downloading ${basename(file)}`,
      done: Math.round((100 * loaded) / Math.max(total ?? loaded, 1)),
      total: 100,
      detail,
    });
  };

  /** Takes the line away, before other text is printed. */
  clear(): void {
    if (!this.drawn) return;
    this.output.redraw();
    this.drawn = false;
  }
}
