import type { TensorDataset } from '@zoo/datasets';

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found as T;
}

/** Draws one grey image of the dataset. */
async function drawImage(dataset: TensorDataset, index: number): Promise<HTMLCanvasElement> {
  const [height = 0, width = 0] = dataset.inputShape;
  const { inputs, targets } = await dataset.batch([index]);
  const values = await inputs.data();
  inputs.dispose();
  targets.dispose();
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const grey = Math.round((values[i] ?? 0) * 255);
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}

/** Shows the images of `indices` as buttons. */
export async function showImages(
  dataset: TensorDataset,
  indices: readonly number[],
  onChoose: (index: number) => void,
): Promise<void> {
  const buttons = await Promise.all(
    indices.map(async (index) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.title = `image ${index}`;
      button.append(await drawImage(dataset, index));
      button.addEventListener('click', () => {
        for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
        onChoose(index);
      });
      return button;
    }),
  );
  element('images').replaceChildren(...buttons);
}

/** Lists the three likeliest classes. */
export function showPrediction(probabilities: readonly number[], names: readonly string[], truth: string): void {
  const best = probabilities
    .map((probability, label) => ({ probability, name: names[label] ?? String(label) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 3);
  const rows = best.map(({ probability, name }) => {
    const row = document.createElement('tr');
    for (const text of [name, `${(100 * probability).toFixed(1)} %`, name === truth ? 'correct' : '']) {
      row.insertCell().textContent = text;
    }
    return row;
  });
  element('prediction').replaceChildren(...rows);
}
