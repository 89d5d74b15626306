/** Milliseconds from the start of the program to the first answer, and what they went into. */
export interface Timing {
  /** Sum of the parts but `run`. */
  firstPrediction: number;
  /** Node and the program's modules. */
  import: number;
  /** Starting the backend. */
  backend: number;
  /** Getting the weights, building the net, putting them in. */
  load: number;
  /** Decoding and resizing the first image. */
  image: number;
  /** The first run: uploads, compilation of kernels, and the net itself. */
  firstRun: number;
  /** A later run of one image; null where there was none. */
  run: number | null;
}

/** Times consecutive parts of a program by name. */
export class Stopwatch {
  private last = performance.now();

  /** Milliseconds since the last lap. */
  lap(): number {
    const now = performance.now();
    const passed = now - this.last;
    this.last = now;
    return passed;
  }
}

const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;

/** One line. */
export function formatTiming(timing: Timing): string {
  const parts = [
    `import ${seconds(timing.import)}`,
    `backend ${seconds(timing.backend)}`,
    `load ${seconds(timing.load)}`,
    `image ${seconds(timing.image)}`,
    `first run ${seconds(timing.firstRun)}`,
  ];
  const later = timing.run === null ? '' : `; a later run ${seconds(timing.run)}`;
  return `first prediction after ${seconds(timing.firstPrediction)}: ${parts.join(', ')}${later}`;
}
