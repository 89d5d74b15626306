import * as tf from '@tensorflow/tfjs-core';
import { fiveCrop, horizontalFlip, identity, scaled, TestTimeAugmentation, tenCrop } from '@zoo/ensemble';
import { describe, expect, it } from 'vitest';
import { randomImages, toyNet, values } from './toy.ts';

/** Pixels numbered row by row. */
const numbered = (h: number, w: number): tf.Tensor4D => tf.reshape(tf.range(0, h * w), [1, h, w, 1]);

describe('views', () => {
  it('flip left to right', async () => {
    expect(await values(horizontalFlip().apply(numbered(2, 3)))).toEqual([2, 1, 0, 5, 4, 3]);
  });

  it('cut out corners and centre in the order of torchvision', async () => {
    const views = fiveCrop(2);
    expect(views.map(({ name }) => name)).toEqual(['topLeft', 'topRight', 'bottomLeft', 'bottomRight', 'center']);
    const cut = await Promise.all(views.map((view) => values(view.apply(numbered(4, 4)))));
    expect(cut.map(([first]) => first)).toEqual([0, 2, 8, 10, 5]);
    expect(cut[4]).toEqual([5, 6, 9, 10]);
  });

  it('centre odd margins as Python rounds', async () => {
    const centre = async (side: number) => (await values(fiveCrop(2).at(-1)!.apply(numbered(side, side))))[0]! % side;
    expect(await centre(3)).toBe(0); // margin 0.5
    expect(await centre(5)).toBe(2); // margin 1.5
    expect(await centre(7)).toBe(2); // margin 2.5
  });

  it('cut the flipped images for ten crops', async () => {
    const views = tenCrop([1, 2]);
    const cut = await Promise.all(views.map((view) => values(view.apply(numbered(2, 3)))));
    expect(cut.slice(0, 2)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(cut.slice(5, 7)).toEqual([
      [2, 1],
      [1, 0],
    ]);
  });

  it('resize', () => {
    expect(scaled(1.5).apply(numbered(4, 6)).shape).toEqual([1, 6, 9, 1]);
  });

  it('refuse what does not fit', () => {
    expect(() => fiveCrop(5)[0]!.apply(numbered(4, 4))).toThrow(/5 x 5 does not fit images of 4 x 4/);
    expect(() => fiveCrop(0)).toThrow(/'size'/);
    expect(() => scaled(0)).toThrow(/factor/);
  });
});

describe('TestTimeAugmentation', () => {
  it('is the mean over the views, and the same for mirrored images', async () => {
    const net = toyNet(1);
    const augmented = new TestTimeAugmentation(net);
    const images = randomImages(2);
    const probabilities = (x: tf.Tensor4D) => values(tf.tidy(() => tf.softmax(augmented.predict(x))));
    const found = await probabilities(images);
    const one = await values(tf.tidy(() => tf.softmax(net.predict(images))));
    const other = await values(tf.tidy(() => tf.softmax(net.predict(tf.reverse(images, 2)))));
    for (const [i, p] of found.entries()) expect(p).toBeCloseTo((one[i]! + other[i]!) / 2, 5);
    for (const [i, p] of (await probabilities(tf.reverse(images, 2))).entries()) expect(p).toBeCloseTo(found[i]!, 5);
    expect(augmented.inputSpec).toBe(net.inputSpec);
  });

  it('takes views of other sizes, and keeps one output', () => {
    const net = toyNet(1).materialize();
    const images = randomImages(2);
    const views = [identity(), ...tenCrop(4), scaled(1.25)];
    for (const average of ['probabilities', 'logits'] as const) {
      const augmented = new TestTimeAugmentation(net, { views, average });
      const before = tf.memory().numTensors;
      const output = augmented.predict(images);
      expect(output.shape).toEqual([2, 3]);
      expect(tf.memory().numTensors).toBe(before + 1);
    }
  });

  it('refuses bad options and inputs', () => {
    const net = toyNet(1);
    expect(() => new TestTimeAugmentation(net, { views: [] })).toThrow(/`views` is empty/);
    expect(() => new TestTimeAugmentation(net, { average: 'votes' } as never)).toThrow(/'average'/);
    expect(() => new TestTimeAugmentation(net, { view: [] } as never)).toThrow(/Did you mean 'views'/);
    expect(() => new TestTimeAugmentation(net).predict(tf.zeros([2, 3]))).toThrow(/expected images/);
  });
});
