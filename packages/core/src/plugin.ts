import type * as tf from '@tensorflow/tfjs-core';
import type { AnyModule, Module } from './module/module.ts';
import type { Registry } from './registry/registry.ts';

/** Pixel preprocessing that a net or a weight file was trained with. */
export interface InputSpec {
  /** Height and width the net expects. */
  size: readonly [number, number];
  channels: number;
  mean: readonly number[];
  std: readonly number[];
  interpolation: 'nearest' | 'bilinear' | 'bicubic';
  /** Side of the resize that precedes the centre crop; absent when images already have the net's size. */
  resize?: number;
}

/** One published or shipped set of weights. */
export interface WeightRecord {
  /** `https:` address, or `hf:org/name[@revision][/file]` on the Hugging Face hub. */
  url: string;
  /** SHA-256 of the file in lower-case hex, where published. */
  sha256?: string;
  /** Its first digits, where no more is published, as in torchvision's file names. */
  hashPrefix?: string;
  inputSpec: InputSpec;
  /** Class names in the order of the logits, or the name of a published list such as `imagenet`. */
  categories: readonly string[] | string;
  /** E.g. `acc1`, `acc5` in percent. */
  metrics: Readonly<Record<string, number>>;
  /** SPDX name. */
  licence: string;
  /** Turns the file's key into the net's; undefined leaves that tensor out. */
  keyMap?: (key: string) => string | undefined;
  /** Options that the net must be built with for these weights, e.g. `{ transformInput: true }`. */
  options?: Readonly<Record<string, unknown>>;
}

/** How far a download is. */
export interface DownloadProgress {
  /** File name. */
  file: string;
  /** Bytes on disk so far, those of an earlier attempt included. */
  loaded: number;
  /** Bytes of the whole file; undefined where the server does not tell. */
  total: number | undefined;
}

/** Where to get a net's weights, besides the options that its factory takes. */
export interface LoadModelOptions {
  /** Name of a weight record of the model, a path, an `https:` address, or `hf:org/name[@revision][/file]`. */
  weights: string;
  /** Hears of every tensor that was dropped, adapted or left at its initial value. Default: `console.warn`. */
  onNotice?: (notice: string) => void;
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
  /** Use what is in the cache and no network. */
  offline?: boolean;
  /** Folder of downloads instead of the default. */
  cacheDir?: string;
}

/** Builds a registered model and loads weights into it; what `registry.load` calls. `@zoo/weights` brings one. */
export type ModelLoader = (
  registry: Registry,
  name: string,
  options: LoadModelOptions & Readonly<Record<string, unknown>>,
) => Promise<AnyModule>;

/** A point inside a net where features can be read. */
export interface FeatureInfo {
  /** Module name of the tap, as in `namedModules()`. */
  name: string;
  channels: number;
  /** Input pixels per feature pixel along one axis. */
  stride: number;
}

/** Options that every model factory takes. */
export interface ModelOptions {
  numClasses?: number;
  inChannels?: number;
  dropRate?: number;
  seed?: number;
}

/** What transfer learning, ensembles and tools rely on; nothing else about a net is assumed. */
export interface ImageModel extends Module<[tf.Tensor], tf.Tensor> {
  /** Width of what `forwardHead(features, { preLogits: true })` returns. */
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  /** `[n, h, w, c]` images to the net's feature maps. */
  forwardFeatures(x: tf.Tensor): tf.Tensor;
  /** Features to `[n, numClasses]` logits, or to `[n, numFeatures]` with `preLogits`. */
  forwardHead(features: tf.Tensor, options?: { preLogits?: boolean }): tf.Tensor;
  /** Replaces the classifier by a fresh one; 0 classes leaves the features as the output. */
  resetClassifier(numClasses: number): void;
}

/** Builds a fresh net; every call gives new parameters. */
// biome-ignore lint/suspicious/noExplicitAny: factories of any option type and any module are stored side by side
export type ModelFactory = (options?: any) => Module<any, any>;

/** What `probe` found, in words a person can act on. */
export type BackendProbe = { available: true; detail: string } | { available: false; reason: string; hint?: string };

/** An engine that tfjs-core code can run on. */
export interface BackendPlugin {
  /** Name users choose it by, e.g. `wasm`. */
  readonly name: string;
  readonly description: string;
  /** Higher is tried first: CUDA 400, hardware WebGPU 300, ONNX Runtime 240, WASM 200, plain JavaScript 100. */
  readonly priority: number;
  /** Cheap, side-effect free where possible, and never throws. */
  probe(): Promise<BackendProbe>;
  /** Registers the engine's kernels and makes it tfjs's current backend; idempotent. Returns tfjs's name for it. */
  init(): Promise<string>;
  /** Chooses bit-for-bit repeatable kernels over faster ones. Absent where the engine always repeats. */
  setDeterministic?(on: boolean): void;
  /** Kernels that run on plain JavaScript meanwhile, once the engine is current. Absent where none does. */
  fallbackKernels?(): readonly string[];
  /** Rejects with the first asynchronous error since the last call, and clears it. Absent where errors always throw. */
  checkErrors?(): Promise<void>;
}

/** A source of labelled data that commands can open by name. */
export interface DatasetPlugin {
  description: string;
  // biome-ignore lint/suspicious/noExplicitAny: each dataset has options and items of its own
  load(options?: any): Promise<any>;
}

/** What a package adds to a registry. Only what it brings needs to be there. */
export interface Plugin<Models extends Record<string, ModelFactory> = Record<string, ModelFactory>> {
  /** The package's name; using the same plug-in twice is harmless, two plug-ins of one name are not. */
  readonly name: string;
  readonly models?: Models;
  readonly weights?: { readonly [model: string]: Readonly<Record<string, WeightRecord>> };
  readonly datasets?: Readonly<Record<string, DatasetPlugin>>;
  readonly backends?: readonly BackendPlugin[];
  // biome-ignore lint/suspicious/noExplicitAny: transforms and callbacks define their own option types
  readonly transforms?: Readonly<Record<string, (options?: any) => unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly callbacks?: Readonly<Record<string, (options?: any) => unknown>>;
  /** Serves `registry.load`; one per registry. */
  readonly loadModel?: ModelLoader;
}

/** Names and factories of the shared registry, extended by each family's `register` entry through interface merging. */
// biome-ignore lint/suspicious/noEmptyInterface: empty until a family merges its names in
export interface ModelMap {}

/** Identity that keeps the literal types of a plug-in. */
export const definePlugin = <const M extends Record<string, ModelFactory>>(plugin: Plugin<M>): Plugin<M> => plugin;

/** One batch, owned by whoever receives it: dispose both tensors after use. */
export interface Batch {
  /** `[n, ...]`; images are NHWC float32. */
  inputs: tf.Tensor;
  /** `[n]` int32 class labels, `[n, h, w]` int32 masks, or float targets shaped like the output. */
  targets: tf.Tensor;
}

/** Batches in an order that depends only on the seed and the epoch number, so that training resumes anywhere. */
export interface BatchSource {
  readonly numExamples: number;
  readonly numBatches: number;
  /** The batches of epoch `epoch` (from 0), beginning with batch `start`. */
  epoch(epoch: number, options?: { start?: number }): AsyncIterable<Batch>;
}
