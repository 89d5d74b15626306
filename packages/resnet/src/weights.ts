import { fashionMnistRecord, timmRecord, torchvisionRecord, type WeightRecord } from '@zoo/core';

/** ImageNet weights of torchvision (`IMAGENET1K_...`) and timm (by timm's tag) by model and name, and one net trained here; data only. */
export const resnetWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  resnet18: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnet18-f37072fd.pth', acc1: 69.758, acc5: 89.078 }),
    a1_in1k: timmRecord({ repo: 'timm/resnet18.a1_in1k', acc1: 73.158, acc5: 91.026, size: 288, cropPct: 1 }),
  },
  resnet34: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnet34-b627a593.pth', acc1: 73.314, acc5: 91.42 }),
    a1_in1k: timmRecord({ repo: 'timm/resnet34.a1_in1k', acc1: 77.918, acc5: 93.766, size: 288, cropPct: 1 }),
  },
  resnet50: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnet50-0676ba61.pth', acc1: 76.13, acc5: 92.862 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'resnet50-11ad3fa6.pth', acc1: 80.858, acc5: 95.434, resize: 232 }),
    a1_in1k: timmRecord({ repo: 'timm/resnet50.a1_in1k', acc1: 81.214, acc5: 95.102, size: 288, cropPct: 1 }),
  },
  resnet101: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnet101-63fe2227.pth', acc1: 77.374, acc5: 93.546 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'resnet101-cd907fc2.pth', acc1: 81.886, acc5: 95.78, resize: 232 }),
    a1h_in1k: timmRecord({ repo: 'timm/resnet101.a1h_in1k', acc1: 82.778, acc5: 96.31, size: 288, cropPct: 1 }),
  },
  resnet152: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnet152-394f9c45.pth', acc1: 78.312, acc5: 94.046 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'resnet152-f82ba261.pth', acc1: 82.284, acc5: 96.002, resize: 232 }),
    a1_in1k: timmRecord({ repo: 'timm/resnet152.a1_in1k', acc1: 82.732, acc5: 95.72, size: 288, cropPct: 1 }),
  },
  resnext50_32x4d: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnext50_32x4d-7cdf4587.pth', acc1: 77.618, acc5: 93.698 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'resnext50_32x4d-1a0047aa.pth', acc1: 81.198, acc5: 95.34, resize: 232 }),
    a1h_in1k: timmRecord({ repo: 'timm/resnext50_32x4d.a1h_in1k', acc1: 82.014, acc5: 95.934, size: 288, cropPct: 1 }),
  },
  resnext101_32x8d: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'resnext101_32x8d-8ba56ff5.pth', acc1: 79.312, acc5: 94.526 }),
    IMAGENET1K_V2: torchvisionRecord({
      file: 'resnext101_32x8d-110c445d.pth',
      acc1: 82.834,
      acc5: 96.228,
      resize: 232,
    }),
  },
  wide_resnet50_2: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'wide_resnet50_2-95faca4d.pth', acc1: 78.468, acc5: 94.086 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'wide_resnet50_2-9ba9bcbe.pth', acc1: 81.602, acc5: 95.758, resize: 232 }),
    racm_in1k: timmRecord({
      repo: 'timm/wide_resnet50_2.racm_in1k',
      acc1: 82.28,
      acc5: 96.064,
      size: 288,
      cropPct: 0.95,
    }),
  },
  wide_resnet101_2: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'wide_resnet101_2-32ee1156.pth', acc1: 78.848, acc5: 94.284 }),
    IMAGENET1K_V2: torchvisionRecord({ file: 'wide_resnet101_2-d733dc28.pth', acc1: 82.51, acc5: 96.02, resize: 232 }),
  },
  resnet18_d2l: {
    FASHION_MNIST: fashionMnistRecord({
      url: () => new URL('../weights/resnet18_d2l-fashion-mnist.safetensors', import.meta.url).href,
      sha256: 'b9c344efc86a421023a13350b558ed9d40a57b34caf6a11810d07933e5c15a51',
      acc1: 91.3,
      options: { channels: [16, 32, 64, 128] },
    }),
  },
};
