import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateShapesFolder } from '@zoo/datasets/node';
import type { Page } from 'playwright-core';
import { check, collectErrors, pageData, relativeDifference, settled } from './check.ts';
import { nodeClassifier } from './node-classifier.ts';

/** Shapes that the page's net for clothes has never seen. */
const classes = ['circle', 'stripes'] as const;

interface Examples {
  train: string;
  test: string;
  /** From Node: the scores of the test images. */
  expected: number[][];
}

let made: Promise<Examples> | undefined;

/** Generated images, the same for both engines, and what Node makes of them. */
function examples(): Promise<Examples> {
  made ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), 'zoo-shapes-'));
    try {
      await generateShapesFolder(dir, { classes, train: 12, test: 4, size: 64, seed: 5 });
      const [train, test] = [join(dir, 'train'), join(dir, 'test')];
      const expected = await nodeClassifier(train, test);
      return { train, test, expected };
    } finally {
      process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    }
  })();
  return made;
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));

/** Drops files on the box number `box`, as the mouse would. */
async function drop(page: Page, box: number, paths: readonly string[]): Promise<void> {
  const files = paths.map((path) => ({ name: path.split('/').at(-1)!, base64: readFileSync(path).toString('base64') }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: 'image/png' }));
    }
    return data;
  }, files);
  await page.locator('.drop').nth(box).dispatchEvent('drop', { dataTransfer: transfer });
}

/** Drops images on the page `own-images.html`, trains, and classifies images it has not seen. */
export async function driveOwnImages(engine: string, page: Page, url: string): Promise<void> {
  const errors = collectErrors(page);
  const { train, test, expected } = await examples();

  await check(`${engine}: trains on images dropped on the page`, async () => {
    await page.goto(`${url}own-images.html?engine=${engine}&software`);
    await settled(page, '#unknown .drop');
    for (const [box, name] of classes.entries()) {
      await page.locator('.drop input[type=text]').nth(box).fill(name);
      await drop(page, box, filesOf(join(train, name)));
    }
    await page.locator('#train').click();
    await settled(page, '#progress[data-trained]');
    return (await page.locator('#progress').textContent()) ?? '';
  });
  await check(`${engine}: classifies dropped images as Node does`, async () => {
    const tests = classes.flatMap((name) => filesOf(join(test, name)));
    await drop(page, classes.length, tests);
    await settled(page, '#prediction[data-logits]');
    const logits = await pageData<number[][]>(page, 'prediction', 'logits');
    const difference = relativeDifference(logits.flat(), expected.flat());
    if (!(difference < 1e-2)) throw new Error(`scores differ by ${difference}`);
    const right = logits.filter((row, i) => row.indexOf(Math.max(...row)) === Math.floor((i * 2) / tests.length));
    if (right.length < 0.75 * tests.length) throw new Error(`${right.length} of ${tests.length} right`);
    return `${right.length} of ${tests.length} right, scores differ by ${difference.toExponential(1)}`;
  });
  await check(`${engine}: logs no error with images of one's own`, async () => {
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return 'none';
  });
}
