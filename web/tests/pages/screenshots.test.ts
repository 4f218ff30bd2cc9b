// The pictures of docs/images. They are written when SCREENSHOTS names a folder (npm run screenshots).
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assets } from '../mock/pictures.mjs';
import { browserOf, realUrl } from './harness';
import type { Studio } from './harness';

const folder = process.env.SCREENSHOTS;
const browser = browserOf();
const maxBytes = 250 * 1000;

async function shoot(studio: Studio, name: string): Promise<void> {
  await studio.page.evaluate(() => Promise.all([...document.images].filter((image) => image.checkVisibility()).map((image) => image.decode().catch(() => null))));
  await studio.page.waitForTimeout(400); // for what fades in
  const path = join(folder!, `studio-${name}.png`);
  await studio.page.screenshot({ path });
  expect(statSync(path).size).toBeLessThan(maxBytes);
}

describe.skipIf(!folder || realUrl)('screenshots', () => {
  it('light', async () => {
    const studio = await browser.open({ colorScheme: 'light' });
    await studio.type('holiday sal', 90);
    await studio.settled();
    await studio.type('e');
    await studio.settled();
    await studio.suggestion('holiday discount sign').locator('.suggestion-text').click();
    await studio.page.locator('.results[aria-busy=false] .tile').first().waitFor();
    await shoot(studio, 'light');
    await studio.close();
  });

  it('dark', async () => {
    const studio = await browser.open({ colorScheme: 'dark' });
    studio.mock.behaviour.tokenMs = 400;
    await studio.type('quiet forest at dawn', 90);
    await expect.poll(() => studio.page.locator('.lane.image .growing li').first().innerText(), { timeout: 20_000 }).toMatch(/^(\S+ ){6}/);
    await shoot(studio, 'dark');
    await studio.close();
  });

  it('phone', async () => {
    const studio = await browser.open({ viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2, colorScheme: 'light' });
    await studio.ask('holiday sale');
    await studio.suggestion('gift wrapped in paper').locator('.suggestion-text').click();
    await shoot(studio, 'phone');
    await studio.close();
  });

  it('a picture that was dropped', async () => {
    const studio = await browser.open({ colorScheme: 'light' });
    const drawing = assets.find((one) => one.id === 'party/garden.svg')?.picture ?? '';
    await studio.page.getByTestId('file').setInputFiles({ name: 'party.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(drawing) });
    await studio.settled();
    await studio.type('invitation');
    await studio.settled();
    await studio.page.locator('.results[aria-busy=false] .tile').first().waitFor();
    await shoot(studio, 'picture');
    await studio.close();
  });

  it('speed', async () => {
    const studio = await browser.open({ colorScheme: 'light' });
    const { page } = studio;
    await studio.type('something for a garden party', 60);
    await studio.settled();
    await page.clock.install();
    await page.getByRole('link', { name: 'Speed', exact: true }).click();
    // Two minutes, a second at a time.
    for (let second = 0; second < 122; ++second) {
      const answered = page.waitForResponse('**/v1/status');
      await page.clock.runFor(1000);
      await answered;
    }
    await shoot(studio, 'speed');
    await studio.close();
  });
});
