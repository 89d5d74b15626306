import type { Page } from 'playwright-core';
import type { Counts } from '../test/counts.ts';

export const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs one test and prints its line; `test` returns what it found, or throws. */
export async function check(name: string, test: () => Promise<string>): Promise<void> {
  try {
    console.log(`ok   ${name}: ${await test()}`);
    counts.passed++;
  } catch (error) {
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    counts.failed++;
  }
}

/** The errors that a page logs or throws, as they come. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

/** Waits until `selector` is there; fails with what the page itself says where it does. */
export async function settled(page: Page, selector: string): Promise<void> {
  const ready = page.locator(selector);
  const failed = page.locator('#error:not(:empty)');
  await ready.or(failed).first().waitFor({ timeout: 240_000 });
  const message = await failed.textContent({ timeout: 1 }).catch(() => null);
  if (message) throw new Error(message);
}

/** JSON that the page keeps in a data attribute. */
export async function pageData<T>(page: Page, id: string, key: string): Promise<T> {
  const text = await page.locator(`#${id}`).getAttribute(`data-${key}`);
  return JSON.parse(text ?? '[]') as T;
}

/** L2 norm of the difference over that of `expected`. */
export function relativeDifference(actual: number[], expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} scores instead of ${expected.length}`);
  const norm = (values: number[]) => Math.hypot(...values);
  return norm(actual.map((value, i) => value - (expected[i] ?? 0))) / norm(Array.from(expected));
}
