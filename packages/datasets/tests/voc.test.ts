import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CenterCrop, Compose, ToTensor } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodePng,
  vocClassNames,
  vocColormap,
  vocColorsToLabels,
  vocIgnoreIndex,
  vocLabelsToColors,
} from '../src/index.ts';
import { generateVoc, vocSegmentation } from '../src/node.ts';
import { readBatch } from './read-batch.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const root = () => at('voc');
const inside = (...parts: string[]) => at('voc', 'VOCdevkit', 'VOC2012', ...parts);
beforeAll(() => generateVoc(root(), { train: 9, val: 3, classes: 3, size: [64, 80], smallEvery: 3, seed: 2 }), 60_000);

describe("VOC's colours", () => {
  it('are those that d2l lists, and that of the border', () => {
    // VOC_COLORMAP of "Dive into Deep Learning", section 14.9.
    const expected = [
      ...[
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
        [128, 0, 128],
        [0, 128, 128],
      ],
      ...[
        [128, 128, 128],
        [64, 0, 0],
        [192, 0, 0],
        [64, 128, 0],
        [192, 128, 0],
        [64, 0, 128],
        [192, 0, 128],
      ],
      ...[
        [64, 128, 128],
        [192, 128, 128],
        [0, 64, 0],
        [128, 64, 0],
        [0, 192, 0],
        [128, 192, 0],
        [0, 64, 128],
      ],
    ];
    const colours = vocColormap();
    expect(vocClassNames.map((_, i) => [...colours.subarray(3 * i, 3 * i + 3)])).toEqual(expected);
    expect([...colours.subarray(3 * 255)]).toEqual([224, 224, 192]);
    const distinct = new Set(Array.from({ length: 256 }, (_, i) => colours.subarray(3 * i, 3 * i + 3).join()));
    expect(distinct.size).toBe(256);
    expect([vocClassNames[1], vocClassNames[15], vocClassNames[20]]).toEqual(['aeroplane', 'person', 'tvmonitor']);
  });

  it('stand for class indices and back', () => {
    const labels = { width: 4, height: 2, channels: 1, data: Uint8Array.of(0, 0, 20, 20, 255, 1, 7, 7) };
    const colours = vocLabelsToColors(labels);
    expect(vocColorsToLabels(colours)).toEqual(labels);
    const strange = {
      ...colours,
      data: Uint8Array.from(colours.data, (value, i) => (i === 3 * 6 ? value + 1 : value)),
    };
    expect(() => vocColorsToLabels(strange, { name: 'a.png' })).toThrow(
      error('CORRUPT_FILE', /a\.png: colour \(129, 128, 128\) at pixel 2, 1/),
    );
    expect(() => vocColorsToLabels(colours, { numClasses: 5 })).toThrow(error('CORRUPT_FILE', /no class/));
    expect(() => vocColorsToLabels(labels)).toThrow(error('SHAPE_MISMATCH', /3 channels, got 1/));
    expect(() => vocLabelsToColors({ width: 1, height: 1, data: [256] })).toThrow(
      error('INVALID_ARGUMENT', /pixel 0 has 256/),
    );
  });
});

describe('vocSegmentation', () => {
  it('crops image and mask alike, anew every epoch, without the images that are too small', async () => {
    const dataset = await vocSegmentation({
      root: root(),
      cropSize: [48, 64],
      seed: 1,
      normalize: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    expect([dataset.length, dataset.inputShape, dataset.classNames]).toEqual([6, [48, 64, 3], vocClassNames]);
    const batch = await dataset.batch([0, 1]);
    expect([batch.targets.shape, batch.targets.dtype]).toEqual([[2, 48, 64], 'int32']);
    const first = await readBatch(batch);
    expect([...new Set(first.targets)].sort((a, b) => a - b)).toEqual([0, 1, 2, vocIgnoreIndex]);
    // The crop of the mask is where the crop of the image is: both are found at the same place of the whole.
    const { data: mask, width } = vocColorsToLabels(await decodeImage(inside('SegmentationClass', '2007_000000.png')));
    const image = await dataset.image(0);
    const places: [number, number][] = [];
    for (let top = 0; top <= 16; top++) {
      for (let left = 0; left <= 16; left++) {
        const same = first.targets
          .slice(0, 48 * 64)
          .every((label, i) => label === mask[(top + Math.floor(i / 64)) * width + left + (i % 64)]);
        if (same) places.push([top, left]);
      }
    }
    const pixels = ([top, left]: [number, number]) =>
      Array.from({ length: 48 * 64 * 3 }, (_, i) => {
        const [row, rest] = [Math.floor(i / 192), i % 192];
        return Math.fround(image.data[((top + row) * image.width + left) * 3 + rest]! / 255);
      });
    expect(places.some((place) => pixels(place).every((value, i) => value === first.inputs[i]))).toBe(true);
    const later = await readBatch(dataset.batch([0, 1], { epoch: 1 }));
    expect(later.inputs).not.toEqual(first.inputs);
    expect(await readBatch(dataset.batch([0, 1]))).toEqual(first);
  });

  it('pads small images where they are not left out, masks with 255', async () => {
    const dataset = await vocSegmentation({ root: root(), cropSize: 64, filter: false });
    expect(dataset.length).toBe(9);
    const { targets } = await readBatch(dataset.batch([2])); // 32 x 40, padded on all sides
    expect(targets.filter((label) => label === vocIgnoreIndex).length).toBeGreaterThan(64 * 64 - 32 * 40 - 1);
    expect(new Set(targets)).toContain(3);
  });

  it('opens other lists and transforms', async () => {
    const transform = new Compose([new CenterCrop(32), new ToTensor()]);
    const val = await vocSegmentation({ root: inside(), imageSet: 'val', transform });
    expect([val.length, val.describe().name, val.inputShape]).toEqual([3, 'voc2012-segmentation/val', [32, 32, 3]]);
    expect((await vocSegmentation({ root: at('voc', 'VOCdevkit'), imageSet: 'trainval', transform })).length).toBe(12);
  });

  it('names what is missing or too small', async () => {
    const open = (options: object) => expect(vocSegmentation({ root: root(), cropSize: 32, ...options })).rejects;
    await open({ imageSet: 'tarin' }).toEqual(error('FILE_NOT_FOUND', /no image set 'tarin'/));
    await open({ year: '2007' }).toEqual(error('FILE_NOT_FOUND', /no folder JPEGImages in .*VOC2007/));
    await open({ root: at('nowhere') }).toEqual(error('FILE_NOT_FOUND', /nowhere does not exist/));
    await open({ cropSize: 500 }).toEqual(
      error('INVALID_ARGUMENT', /None of the 9 images of 'train' is as large as 500 x 500/),
    );
    await open({ cropSize: undefined }).toEqual(error('INVALID_ARGUMENT', /either a cropSize or a transform/));
    writeFileSync(inside('JPEGImages', '2008_000001.jpg'), 'no jpeg');
    const val = await vocSegmentation({ root: root(), cropSize: 32, imageSet: 'val' });
    await expect(val.batch([1])).rejects.toEqual(error('NOT_SUPPORTED', /2008_000001/));
    const wrong = encodePng({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) });
    writeFileSync(inside('SegmentationClass', '2008_000000.png'), wrong);
    await expect(val.batch([0])).rejects.toEqual(
      expect.objectContaining({ message: expect.stringMatching(/2008_000000/) }),
    );
    writeFileSync(
      inside('SegmentationClass', '2007_000000.png'),
      encodePng(await decodeImage(inside('JPEGImages', '2007_000000.jpg'))),
    );
    await open({}).toEqual(error('CORRUPT_FILE', /2007_000000\.png: colour .* is no class/));
    rmSync(inside('SegmentationClass', '2007_000004.png'));
    await open({}).toEqual(
      error('FILE_NOT_FOUND', /lists files that are not there: .*SegmentationClass\/2007_000004\.png/),
    );
    expect(readFileSync(inside('ImageSets', 'Segmentation', 'val.txt'), 'utf8')).toBe(
      '2008_000000\n2008_000001\n2008_000002\n',
    );
  });
});
