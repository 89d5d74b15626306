import type * as tf from '@tensorflow/tfjs-core';
import { overlay, rasterOf } from '../report/heat-map.ts';
import { enlarged, rasterPng } from '../report/raster.ts';
import { dataUri } from '../report/thumbnail.ts';
import { prepareFor } from './backbone.ts';
import { gradCamMaps, lastFeatureMaps, pixelsOf } from './explain-net.ts';
import { confusedImages, showImages } from './pictures.ts';
import type { Explained } from './result.ts';
import type { FinishedStudy } from './run-study.ts';
import { fusedNet } from './save-member.ts';
import { answersOf } from './scores.ts';

/** Small images are enlarged to about this many pixels. */
const side = 96;

/** Half of them right, each of another class while there are such, half of them mistakes. */
function chooseImages({ data, result, probabilities }: FinishedStudy, limit: number): number[] {
  const answers = answersOf(probabilities);
  const { labels } = data.test;
  const { measurement } = result;
  const mistakes = confusedImages({ labels, answers, measurement }, Math.floor(limit / 2));
  const seen = new Set<number>();
  const right = answers.flatMap(({ label }, i) => {
    if (label !== labels[i] || seen.has(label)) return [];
    seen.add(label);
    return [i];
  });
  return [...right.slice(0, limit - mistakes.length), ...mistakes];
}

/** Test images beside what each member looks at, for the answer of the ensemble. */
export async function explainImages(study: FinishedStudy, limit: number): Promise<Explained[]> {
  const { data, plan, members, backbones, probabilities } = study;
  const indices = chooseImages(study, limit);
  if (indices.length === 0) return [];
  const answers = answersOf(probabilities);
  const classIndex = indices.map((i) => answers[i]!.label);
  const maps = new Map<string, string[]>();
  for (const { planned, head } of members) {
    const backbone = backbones.get(planned.backbone)!;
    const net = fusedNet(backbone, head);
    // Votes of neighbours have no gradient, and some nets have no feature maps.
    if (planned.head.type === 'knn' || lastFeatureMaps(net, backbone.inputSpec.size) === undefined) continue;
    const dataset = await prepareFor(backbone, data.test, plan.data.transforms);
    const { inputs, targets } = await dataset.batch(indices);
    targets.dispose();
    try {
      const images = inputs as tf.Tensor4D;
      const heats = await gradCamMaps(net, images, { classIndex });
      const { inputSpec } = backbone;
      const pictures = (await pixelsOf(images)).map((pixels, i) => {
        const raster = overlay(rasterOf({ pixels, inputSpec }), heats[i]!);
        return rasterPng(enlarged(raster, Math.max(1, Math.round(side / raster.width))));
      });
      maps.set(
        planned.backbone,
        (await Promise.all(pictures)).map((png) => dataUri(png)),
      );
    } finally {
      inputs.dispose();
    }
  }
  const shown = await showImages(study, indices);
  return shown.map((image, i) => ({
    ...image,
    maps: [...maps].map(([name, images]) => ({ name, image: images[i]! })),
  }));
}
