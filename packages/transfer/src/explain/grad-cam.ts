import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, noGrad, tidyTape, ZooError } from '@zoo/core';
import { interpolateBilinear } from '@zoo/layers';
import { collectTaps, isImageModel, planTaps, type TapPlan } from '../taps/collect.ts';
import type { ModuleName } from '../taps/tap-name.ts';
import { type ClassChoice, chosenClasses, inEvaluation, stretched } from './evaluate-with-gradients.ts';

export interface GradCamOptions<Net extends AnyModule> {
  /** Module whose feature maps are weighed; default the last of `featureInfo`. */
  layer?: ModuleName<Net>;
  /** Class to explain, for all images or one per image; default what the net predicts for each. */
  classIndex?: ClassChoice;
}

function defaultLayer(net: AnyModule): string {
  const last = isImageModel(net) ? net.featureInfo.at(-1) : undefined;
  if (last) return last.name;
  throw new ZooError('INVALID_ARGUMENT', `gradCam: name a layer of ${net.constructor.name}; it has no featureInfo.`);
}

/** Logits of `net` with the output of one call of a module replaced by `maps`. */
function callWith(net: AnyModule, { module, call }: TapPlan, x: tf.Tensor, maps: tf.Tensor): tf.Tensor {
  let calls = 0;
  const hook = module!.registerForwardHook(() => (calls++ === call ? maps : undefined));
  try {
    return net.call(x);
  } finally {
    hook.remove();
  }
}

/**
 * Where in each image the net sees a class: Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391). Takes
 * images `[n, h, w, c]` as the net does; resolves to maps `[n, h, w]` from 0 to 1, resized bilinearly like PyTorch's
 * `interpolate`. The caller disposes them. Throws `UNKNOWN_NAME` for a layer there is not.
 */
export async function gradCam<Net extends AnyModule>(
  net: Net,
  x: tf.Tensor4D,
  { layer, classIndex }: GradCamOptions<Net> = {},
): Promise<tf.Tensor3D> {
  const plans = planTaps(net, [layer ?? defaultLayer(net)]);
  const [plan] = plans as [TapPlan];
  if (!plan.module) throw new ZooError('INVALID_ARGUMENT', `gradCam needs feature maps; '${plan.name}' has none.`);
  const chosen = await chosenClasses(net, x, classIndex);
  const [, height, width] = x.shape;
  try {
    return inEvaluation(net, () =>
      tidyTape(() => {
        const maps = noGrad(() => collectTaps(net, plans, x)[0]!);
        if (maps.rank !== 4) {
          throw new ZooError('INVALID_ARGUMENT', `gradCam needs feature maps; '${plan.name}' gives rank ${maps.rank}.`);
        }
        const score = (at: tf.Tensor) => tf.sum(tf.mul(callWith(net, plan, x, at), chosen));
        const weights = tf.mean(tf.grad(score)(maps), [1, 2], true);
        const cam = tf.relu(tf.sum(tf.mul(maps, weights), 3, true)) as tf.Tensor4D;
        const resized = interpolateBilinear(cam, { size: [height, width] });
        return stretched(tf.squeeze(resized, [3]) as tf.Tensor3D);
      }),
    );
  } finally {
    chosen.dispose();
  }
}
