import type { Page } from 'playwright-core';
import { check, collectErrors, pageData, relativeDifference, settled } from './check.ts';
import { nodeLogits } from './node-logits.ts';

/** Trains LeNet on the page `index.html` and looks at its predictions. */
export async function driveLenet(engine: string, page: Page, url: string): Promise<void> {
  const errors = collectErrors(page);

  await check(`${engine}: predicts as Node does`, async () => {
    await page.goto(`${url}?engine=${engine}&software&steps=12`);
    await settled(page, '#train:enabled');
    const difference = relativeDifference(await pageData<number[]>(page, 'prediction', 'logits'), await nodeLogits(0));
    if (!(difference < 1e-4)) throw new Error(`scores differ by ${difference}`);
    return `scores differ by ${difference.toExponential(1)}; ${await page.locator('#status').textContent()}`;
  });
  await check(`${engine}: trains`, async () => {
    await page.locator('#train').click();
    await page.locator('#loss[data-losses]').waitFor({ timeout: 240_000 });
    await settled(page, '#train:enabled');
    const losses = await pageData<number[]>(page, 'loss', 'losses');
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [first, last] = [mean(losses.slice(0, 4)), mean(losses.slice(-4))];
    if (losses.length !== 12 || !(last < first - 0.2)) throw new Error(`losses ${losses.join(', ')}`);
    return `loss ${first.toFixed(3)} to ${last.toFixed(3)}`;
  });
  await check(`${engine}: shows the likeliest classes of a clicked image`, async () => {
    const former = await page.locator('#prediction').getAttribute('data-logits');
    await page.locator('#images button').nth(5).click();
    await page.waitForFunction((before) => document.getElementById('prediction')?.dataset['logits'] !== before, former);
    const rows = await page.locator('#prediction tr').allTextContents();
    if (rows.length !== 3) throw new Error(`rows: ${rows.join(' | ')}`);
    return rows[0] ?? '';
  });
  await check(`${engine}: logs no error`, async () => {
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return 'none';
  });
}
