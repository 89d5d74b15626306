import {
  type AnyModule,
  type FeatureInfo,
  imagenetInput,
  type ModelOptions,
  plainInput,
  Sequential,
  ZooError,
} from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  type AffineOptions,
  BatchNorm2d,
  Conv2d,
  classifierLayer,
  Dropout,
  init,
  Linear,
  MaxPool2d,
  ReLU,
  SequentialClassifier,
} from '@zoo/layers';

/** One block: this many 3x3 convolutions of this many channels, then pooling. */
export type VGGBlock = readonly [convolutions: number, channels: number];

export interface VGGOptions extends ModelOptions {
  /** Blocks from the image on; replaces the variant's own list. */
  arch?: readonly VGGBlock[];
  /** Width of the two hidden linear layers; default 4096. */
  hiddenFeatures?: number;
}

export interface VGGConfig {
  arch: readonly VGGBlock[];
  batchNorm?: boolean;
  /** The course notes' form: no adaptive pooling before the classifier, Xavier initialization, plain [0, 1] images. */
  notes?: boolean;
}

interface Built {
  features: Sequential;
  featureInfo: FeatureInfo[];
  channels: number;
}

/** `convolutions` times 3x3 convolution, batch norm if any, ReLU; then 2x2 max pooling (the notes' `vgg_block`). */
export function vggBlock(
  convolutions: number,
  inChannels: number,
  outChannels: number,
  batchNorm = false,
  weights: AffineOptions = {},
): AnyModule[] {
  const layers: AnyModule[] = [];
  for (let i = 0; i < convolutions; i++) {
    layers.push(new Conv2d(i === 0 ? inChannels : outChannels, outChannels, 3, { padding: 1, ...weights }));
    if (batchNorm) layers.push(new BatchNorm2d(outChannels));
    layers.push(new ReLU());
  }
  layers.push(new MaxPool2d(2));
  return layers;
}

function build({ arch, batchNorm = false }: VGGConfig, inChannels: number, weights: AffineOptions): Built {
  if (
    arch.length === 0 ||
    !arch.every((block) => block.length === 2 && block.every((n) => Number.isInteger(n) && n > 0))
  ) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `arch is a list of [convolutions, channels] blocks, got ${JSON.stringify(arch)}.`,
    );
  }
  const layers: AnyModule[] = [];
  const featureInfo: FeatureInfo[] = [];
  let channels = inChannels;
  for (const [i, [convolutions, out]] of arch.entries()) {
    layers.push(...vggBlock(convolutions, channels, out, batchNorm, weights));
    channels = out;
    featureInfo.push({ name: `features.${layers.length - 1}`, channels, stride: 2 ** (i + 1) });
  }
  return { features: new Sequential(...layers), featureInfo, channels };
}

/**
 * Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014): blocks of 3x3
 * convolutions, then two hidden layers of 4096. Input `[n, 224, 224, inChannels]`; torchvision's form takes any size from
 * 32 on.
 */
export class VGG extends SequentialClassifier {
  constructor(config: VGGConfig, options: VGGOptions = {}) {
    const notes = config.notes ?? false;
    const { dropRate = 0.5, hiddenFeatures = 4096, arch = config.arch } = options;
    const { numClasses = notes ? 10 : 1000, inChannels = notes ? 1 : 3 } = options;
    const zeros = init.zeros();
    const convolution = notes
      ? { weightInit: init.xavierUniform() }
      : { weightInit: init.kaimingNormal({ mode: 'fan_out', nonlinearity: 'relu' }), biasInit: zeros };
    const dense = notes ? { weightInit: init.xavierUniform() } : { weightInit: init.normal(0, 0.01), biasInit: zeros };
    const { features, featureInfo, channels } = build({ ...config, arch }, inChannels, convolution);
    const side = notes ? Math.floor(224 / 2 ** arch.length) : 7;
    super({
      features,
      featureInfo,
      ...(!notes && { avgpool: new AdaptiveAvgPool2d(7) }),
      classifier: new Sequential(
        new Linear(channels * side * side, hiddenFeatures, dense),
        new ReLU(),
        new Dropout(dropRate),
        new Linear(hiddenFeatures, hiddenFeatures, dense),
        new ReLU(),
        new Dropout(dropRate),
        classifierLayer(hiddenFeatures, numClasses, dense),
      ),
      numFeatures: hiddenFeatures,
      inputSpec: notes ? plainInput({ channels: inChannels, size: 224 }) : imagenetInput({ channels: inChannels }),
      headInit: dense,
    });
  }
}
