import { startEngine } from './engine.ts';
import { loadImages } from './images.ts';
import { element, showImages, showPrediction } from './page.ts';
import { Session } from './session.ts';
import { softmax } from './softmax.ts';

// `?engine=wasm` chooses an engine; `&software` accepts a WebGPU adapter without a GPU; `&steps=5` shortens the training.
const query = new URLSearchParams(location.search);
const only = query.get('engine') ?? '';
const maxBatches = Number(query.get('steps') ?? Number.POSITIVE_INFINITY);

const engine = element<HTMLSelectElement>('engine');
const trainButton = element<HTMLButtonElement>('train');
engine.value = only;
// tfjs keeps tensors per engine, so another engine means a fresh page.
engine.addEventListener('change', () => {
  query.set('engine', engine.value);
  location.search = query.toString();
});

function report(error: unknown): void {
  element('error').textContent = error instanceof Error ? error.message : String(error);
  element('status').textContent = 'failed';
}

async function start(): Promise<void> {
  const choice = await startEngine({ ...(only ? { only } : {}), allowSoftware: query.has('software') });
  const [train, test] = await Promise.all([loadImages('train'), loadImages('test')]);
  const session = new Session();
  const names = test.classNames ?? [];
  let chosen = 0;

  const predict = async () => {
    const logits = await session.logits(test, chosen);
    const prediction = element('prediction');
    prediction.dataset['logits'] = JSON.stringify([...logits]);
    showPrediction(softmax(logits), names, names[test.labels?.[chosen] ?? -1] ?? '');
  };

  trainButton.addEventListener('click', async () => {
    trainButton.disabled = true;
    try {
      const losses: number[] = [];
      for await (const loss of session.train(train, maxBatches)) {
        losses.push(loss);
        element('loss').textContent = `step ${losses.length}, loss ${loss.toFixed(3)}`;
      }
      element('loss').dataset['losses'] = JSON.stringify(losses);
      await predict();
    } catch (error) {
      report(error);
    }
    trainButton.disabled = false;
  });

  const examples = Array.from({ length: 20 }, (_, i) => i * Math.floor(test.length / 20));
  await showImages(test, examples, (index) => {
    chosen = index;
    predict().catch(report);
  });
  await predict();
  trainButton.disabled = false;
  element('status').textContent = `runs on ${choice.name}`;
}

start().catch(report);
