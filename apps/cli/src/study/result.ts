import type { EnsembleSpec } from '../experiment/ensemble-schema.ts';
import type { HeadSpec } from '../experiment/head-schema.ts';
import type { Confused, Measurement } from '../net/measure.ts';

/** How one member or ensemble did. */
export interface Standing {
  name: string;
  /** What it is, in a few words. */
  detail: string;
  validation: Accuracy;
  test: Accuracy;
  /** Seconds to fit it on stored features. */
  seconds: number;
}

export interface Accuracy {
  accuracy: number;
  loss: number;
}

export interface MemberResult extends Standing {
  backbone: string;
  head: HeadSpec;
  /** Numbers per image that the head gets. */
  width: number;
  /** Whether it goes into the ensembles: the best head of its backbone by validation accuracy. */
  chosen: boolean;
  /** Deployable file beside the report: backbone and head. */
  file?: string;
}

export interface EnsembleResult extends Standing {
  ensemble: EnsembleSpec;
  /** Whether it is the study's answer: the best by validation accuracy. */
  chosen: boolean;
  /** Share of each member, where there are such. */
  weights?: readonly number[];
}

/** An image of the test data that was mistaken, or explained. */
export interface ShownImage {
  index: number;
  /** PNG as a data URI. */
  image: string;
  actual: string;
  predicted: string;
  probability: number;
  right: boolean;
  /** What each member said. */
  members: readonly { name: string; answer: string }[];
}

export interface Explained extends ShownImage {
  /** Grad-CAM of each member over the image: PNG as a data URI. */
  maps: readonly { name: string; image: string }[];
}

/** Training curves of one head: SVG markup. */
export interface Curves {
  name: string;
  svg: string;
}

/** What a study found; `results.json` holds all of it but the pictures. */
export interface StudyResult {
  title: string;
  seed: number;
  data: { train: number; validation: number; test: number; classNames: readonly string[] };
  members: readonly MemberResult[];
  ensembles: readonly EnsembleResult[];
  /** The chosen ensemble on the test images. */
  measurement: Measurement;
  confused: readonly Confused[];
  /** Seconds by what they went into. */
  timing: Readonly<Record<string, number>>;
  environment: Readonly<Record<string, string>>;
}

export interface StudyPictures {
  curves: readonly Curves[];
  mistakes: readonly ShownImage[];
  explained: readonly Explained[];
}
