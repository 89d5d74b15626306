import * as tf from '@tensorflow/tfjs-core';
import { formatShape, type InputSpec, Module } from '@zoo/core';
import { inputSpecOf, type Net } from '../ensemble/member.ts';
import { invalid, refuseUnknown } from '../options.ts';
import { checkOutputs } from '../vote/check-members.ts';
import { combineLogits } from '../vote/combine.ts';
import { horizontalFlip, identity, type View } from './view.ts';

export interface TestTimeAugmentationOptions {
  /** Default: the images and their mirror images. */
  views?: readonly View[];
  /** What is averaged over the views; default probabilities. */
  average?: 'probabilities' | 'logits';
}

/**
 * A classifier that looks at several views of each image: images to the log-probabilities `[n, classes]` of the mean.
 * One view after the other runs, so that memory is that of one. Nothing is random.
 */
export class TestTimeAugmentation extends Module<[tf.Tensor], tf.Tensor> {
  readonly net: Net;
  readonly views: readonly View[];
  /** The net's own. */
  readonly inputSpec: InputSpec | undefined;
  readonly #average: 'probabilities' | 'logits';

  constructor(net: Net, options: TestTimeAugmentationOptions = {}) {
    super();
    refuseUnknown('TestTimeAugmentation', options, ['views', 'average']);
    const { views = [identity(), horizontalFlip()], average = 'probabilities' } = options;
    if (views.length === 0) throw invalid('TestTimeAugmentation: `views` is empty.');
    if (average !== 'probabilities' && average !== 'logits') {
      throw invalid(`TestTimeAugmentation: 'average' is 'probabilities' or 'logits', got '${average}'.`);
    }
    this.net = net;
    this.views = views;
    this.inputSpec = inputSpecOf(net);
    this.#average = average;
  }

  forward(images: tf.Tensor): tf.Tensor {
    if (images.rank !== 4) throw invalid(`expected images [n, h, w, c], got ${formatShape(images.shape)}.`);
    const outputs = this.views.map((view) => tf.tidy(() => this.net.call(view.apply(images as tf.Tensor4D))));
    const names = this.views.map(({ name }) => name);
    checkOutputs('', outputs, names);
    const m = outputs.length;
    return combineLogits(this.#average, tf.stack(outputs) as tf.Tensor3D, {
      weights: tf.fill([m], 1 / m),
      temperatures: tf.ones([m]),
    });
  }
}
