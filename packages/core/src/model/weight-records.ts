import type { InputSpec, WeightRecord } from '../plugin.ts';

const imageNetMean = [0.485, 0.456, 0.406];
const imageNetStd = [0.229, 0.224, 0.225];

interface RecordOptions extends Pick<WeightRecord, 'sha256' | 'keyMap' | 'options'> {
  /** Top-1 accuracy on ImageNet's validation set, in percent. */
  acc1: number;
  /** Top-5 accuracy, in percent. */
  acc5?: number;
  /** Side of the centre crop, the net's input. Default 224. */
  size?: number;
  interpolation?: InputSpec['interpolation'];
  mean?: readonly number[];
  std?: readonly number[];
}

export interface TorchvisionRecordOptions extends RecordOptions {
  /** File name with torchvision's hash, e.g. `resnet18-f37072fd.pth`. */
  file: string;
  /** Shorter side before the crop. Default 256; torchvision's second weights use 232. */
  resize?: number;
}

export interface TimmRecordOptions extends RecordOptions {
  /** Repository on the Hugging Face hub, e.g. `timm/resnet18.a1_in1k`; `@revision` may follow. */
  repo: string;
  /** Crop side as a share of the resized side, timm's `crop_pct`. Default 0.875. */
  cropPct?: number;
  /** Default `bicubic`, as most of timm's weights. */
  interpolation?: InputSpec['interpolation'];
  /** Licence of the weights as the repository states it. Default Apache-2.0. */
  licence?: string;
}

function imageNetRecord(
  {
    acc1,
    acc5,
    size = 224,
    interpolation = 'bilinear',
    mean = imageNetMean,
    std = imageNetStd,
    ...rest
  }: RecordOptions,
  { url, resize, licence }: { url: string; resize: number; licence: string },
): WeightRecord {
  return {
    url,
    inputSpec: { size: [size, size], channels: 3, mean, std, interpolation, resize },
    categories: 'imagenet',
    metrics: { acc1, ...(acc5 !== undefined && { acc5 }) },
    licence,
    ...rest,
  };
}

/**
 * Weights that torchvision publishes, trained on ImageNet-1k:
 * `torchvisionRecord({ file: 'resnet18-f37072fd.pth', acc1: 69.758, acc5: 89.078 })`. The eight hex digits before the
 * extension are the beginning of the file's SHA-256, which the download is checked against.
 */
export function torchvisionRecord({ file, resize = 256, ...rest }: TorchvisionRecordOptions): WeightRecord {
  const hashPrefix = /-([0-9a-f]{8})\.pth$/.exec(file)?.[1];
  const url = `https://download.pytorch.org/models/${file}`;
  return {
    ...imageNetRecord(rest, { url, resize, licence: 'BSD-3-Clause' }),
    ...(hashPrefix !== undefined && { hashPrefix }),
  };
}

/**
 * ImageNet-1k weights of timm on the Hugging Face hub:
 * `timmRecord({ repo: 'timm/resnet18.a1_in1k', acc1: 71.49, acc5: 90.07, cropPct: 0.95 })`.
 * The hub states the file's SHA-256 when it is downloaded.
 */
export function timmRecord({
  repo,
  cropPct = 0.875,
  licence = 'Apache-2.0',
  ...rest
}: TimmRecordOptions): WeightRecord {
  const resize = Math.floor((rest.size ?? 224) / cropPct);
  return imageNetRecord({ interpolation: 'bicubic', ...rest }, { url: `hf:${repo}`, resize, licence });
}
