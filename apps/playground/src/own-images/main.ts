import type { ImageModel } from '@zoo/core';
import { type ImageFilesOptions, imageFiles } from '@zoo/datasets/browser';
import { presetFor } from '@zoo/transforms';
import { startEngine } from '../engine.ts';
import { element, showPrediction } from '../page.ts';
import { softmax } from '../softmax.ts';
import { loadBackbone } from './backbone.ts';
import { ClassList } from './class-list.ts';
import { logitsOf, type Trained, trainClassifier } from './classifier.ts';
import { dropZone } from './drop-zone.ts';

// `?engine=wasm` chooses an engine; `&software` accepts a WebGPU adapter without a GPU.
const query = new URLSearchParams(location.search);
const engine = element<HTMLSelectElement>('engine');
const train = element<HTMLButtonElement>('train');
const progress = element('progress');

function datasetOf(files: readonly File[], backbone: ImageModel, more: Pick<ImageFilesOptions, 'labels'> = {}) {
  return imageFiles(files, { transform: presetFor(backbone.inputSpec), channels: 3, ...more });
}

/** Runs `task`; what goes wrong is shown on the page. */
function guarded(task: () => Promise<void>): void {
  element('error').textContent = '';
  task().catch((error: unknown) => {
    element('error').textContent = error instanceof Error ? error.message : String(error);
  });
}

async function start(): Promise<void> {
  const only = query.get('engine') ?? '';
  engine.value = only;
  engine.addEventListener('change', () => {
    query.set('engine', engine.value);
    location.search = query.toString();
  });
  const choice = await startEngine({ ...(only ? { only } : {}), allowSoftware: query.has('software') });
  const backbone = await loadBackbone();
  let trained: Trained | undefined;

  const classes = new ClassList(element('classes'), () => {
    const problem = classes.problem();
    train.disabled = problem !== '';
    progress.textContent = problem;
  });
  element('add').addEventListener('click', () => classes.add());

  train.addEventListener('click', () => {
    train.disabled = true;
    guarded(async () => {
      try {
        const { files, labels } = classes.labelled();
        const images = datasetOf(files, backbone, { labels });
        trained?.net.head.dispose();
        trained = await trainClassifier(backbone, images, (text) => {
          progress.textContent = text;
        });
        progress.textContent = `trained: ${(100 * trained.trainAccuracy).toFixed(0)} % of your ${files.length} images right`;
        progress.dataset['trained'] = String(files.length);
      } finally {
        train.disabled = false;
      }
    });
  });

  const heading = document.createElement('strong');
  heading.textContent = 'Then drop an image to classify:';
  const classify = async (files: File[]) => {
    if (!trained) throw new Error('Train first: drop images on two or more classes and press Train.');
    const logits = await logitsOf(trained.net, datasetOf(files, backbone));
    const last = logits.at(-1) ?? [];
    const prediction = element('prediction');
    prediction.dataset['logits'] = JSON.stringify(logits);
    showPrediction(softmax(Float32Array.from(last)), trained.classNames, '');
  };
  element('unknown').append(dropZone({ heading, onFiles: (files) => guarded(() => classify(files)) }));
  element('status').textContent = `runs on ${choice.name}`;
  progress.textContent = classes.problem();
}

guarded(start);
