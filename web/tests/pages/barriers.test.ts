// axe-core finds nothing that keeps somebody out, in either theme and on a phone.
import { describe, expect, it } from 'vitest';
import { browserOf } from './harness';

const browser = browserOf();

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: { width: 390, height: 844 }, hasTouch: true }],
] as const)('%s', (_, options) => {
  it('has no barriers', async () => {
    const studio = await browser.open(options);
    const { page } = studio;
    const found: Record<string, string[]> = {};
    found.empty = await studio.barriers();
    await studio.ask('holiday sale');
    await page.locator('.suggestion-text').first().click();
    await page.locator('.tune').click();
    found.compose = await studio.barriers();
    await page.locator('.chip', { hasText: 'Category' }).getByRole('button').first().click();
    found.panel = await studio.barriers();
    await page.keyboard.press('Escape');
    if (options !== undefined && 'hasTouch' in options) await page.getByRole('button', { name: /^Pictures/ }).click();
    await page.locator('.results[aria-busy=false] .tile').first().click();
    found.asset = await studio.barriers();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    found.help = await studio.barriers();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'History' }).click();
    found.history = await studio.barriers();
    await page.getByRole('link', { name: 'Speed', exact: true }).click();
    await page.locator('.chart-line').first().waitFor();
    found.speed = await studio.barriers();
    expect(Object.fromEntries(Object.entries(found).filter(([, barriers]) => barriers.length > 0))).toEqual({});
    // Nothing is wider than the window.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await studio.close();
  });
});
