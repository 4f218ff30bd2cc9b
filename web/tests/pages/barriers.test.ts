// axe-core finds nothing that keeps somebody out, in either theme and on a phone.
import { describe, expect, it } from 'vitest';
import { assets } from '../mock/pictures.mjs';
import { browserOf } from './harness';
import type { MockedStudio } from './harness';

const browser = browserOf();
const drawing = assets.find((one) => one.id === 'party/garden.svg')?.picture ?? '';

// None in any of the states that the page was in, and nothing is wider than the window.
async function expectNone(studio: MockedStudio, found: Record<string, string[]>): Promise<void> {
  expect(Object.fromEntries(Object.entries(found).filter(([, barriers]) => barriers.length > 0))).toEqual({});
  expect(await studio.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

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
    await expectNone(studio, found);
    await studio.close();
  });

  it('has none while it waits, when something fails, and with a picture', async () => {
    const studio = await browser.open(options);
    const { page, mock } = studio;
    const found: Record<string, string[]> = {};
    mock.behaviour.firstMs = 3_600_000;
    await page.locator('#text').fill('holiday sale');
    await page.locator('.ghosts').first().waitFor();
    found.loading = await studio.barriers();
    mock.behaviour.firstMs = 0;
    mock.behaviour.fail = { path: '/v1/suggest', status: 500, code: 'internal', message: 'the model cannot be read' };
    await page.locator('#text').fill('holiday');
    await page.locator('.notice', { hasText: 'the model cannot be read' }).waitFor();
    found.failed = await studio.barriers();
    mock.behaviour.fail = null;
    await studio.give('drop', 'party.svg', 'image/svg+xml', drawing);
    await page.locator('.seen dt').first().waitFor();
    await studio.settled();
    found.seen = await studio.barriers();
    await page.getByRole('button', { name: 'Add what is on it' }).click();
    found.corrected = await studio.barriers();
    await page.keyboard.press('Escape');
    // The dialog takes the focus as soon as anything is refused, be it feedback.
    const put = (text: string) => page.locator('#text').evaluate((field: HTMLTextAreaElement, text) => {
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, text);
    mock.behaviour.keys = ['secret'];
    await put('garden party');
    const dialog = page.getByRole('dialog', { name: 'This server asks for a key' });
    await dialog.waitFor();
    found.key = await studio.barriers();
    await dialog.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('did not take that key').waitFor();
    found.refused = await studio.barriers();
    await page.keyboard.press('Escape');
    await page.locator('.notice', { hasText: 'A key is needed' }).waitFor();
    found.locked = await studio.barriers();
    await mock.stop();
    await put('garden');
    await page.getByText('The server is not answering.').waitFor();
    found.gone = await studio.barriers();
    await expectNone(studio, found);
    await studio.close();
  });
});
