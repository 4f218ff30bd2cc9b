import { describe, expect, it } from 'vitest';
import { assets } from '../mock/pictures.mjs';
import { browserOf } from './harness';

const browser = browserOf();
const drawing = assets.find((one) => one.id === 'party/garden.svg')?.picture ?? '';

describe('a picture', () => {
  it('that is dropped is looked at', async () => {
    const studio = await browser.open();
    await studio.give('drop', 'party.svg', 'image/svg+xml', drawing);
    await studio.page.getByRole('img', { name: 'Your picture, party.svg' }).waitFor();
    await studio.settled();
    await studio.page.locator('.seen dt').first().waitFor();
    await studio.close();
  });

  it('is told as it was seen, and can be corrected', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.give('drop', 'party.svg', 'image/svg+xml', drawing);
    await studio.settled();
    expect(Buffer.from(studio.sent('/v1/suggest').image.data, 'base64').toString()).toBe(drawing);
    expect(await page.locator('.seen').innerText()).toContain('lantern');
    await page.getByRole('button', { name: 'Remove table', exact: true }).click();
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.subject).toBe('lantern, garden');
    await page.getByRole('button', { name: 'Remove yellow', exact: true }).click();
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.colors).toBe('navy, green');
    await page.getByRole('button', { name: 'Add what is on it' }).click();
    await page.getByRole('textbox', { name: 'What is on it?' }).fill('string lights');
    await page.keyboard.press('Enter');
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.subject).toBe('string lights, lantern, garden');
    await page.getByLabel('Kind', { exact: true }).selectOption('photo');
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.style).toBe('photo');
    expect(await page.locator('.seen').innerText()).not.toContain('table');
    await page.getByRole('button', { name: 'Remove the picture' }).click();
    await page.getByRole('heading', { name: 'A few words are enough' }).waitFor();
    await studio.close();
  });

  it('can be pasted, chosen or taken', async () => {
    const studio = await browser.open({ permissions: ['camera'] });
    const { page } = studio;
    await studio.give('paste', 'pasted.svg', 'image/svg+xml', drawing);
    await page.getByRole('img', { name: /pasted.svg/ }).waitFor();
    await page.getByTestId('file').setInputFiles({ name: 'chosen.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(drawing) });
    await page.getByRole('img', { name: /chosen.svg/ }).waitFor();
    await page.getByRole('button', { name: 'Take a picture' }).click();
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByRole('img', { name: /from the camera/ }).waitFor();
    await expect.poll(() => String(studio.sent('/v1/suggest').image?.data).slice(0, 4)).toBe('/9j/'); // a JPEG
    await studio.close();
  });

  it('that nobody here can look at says so, and is not sent again and again', async () => {
    const studio = await browser.open();
    const { page, mock } = studio;
    mock.behaviour.fail = { path: '/v1/suggest', status: 503, code: 'unavailable', message: 'nothing looks at pictures here' };
    await studio.give('drop', 'party.svg', 'image/svg+xml', drawing);
    await page.locator('.notice', { hasText: 'nothing looks at pictures here' }).waitFor();
    expect(studio.sent('/v1/suggest').text).toBeUndefined(); // nothing was typed
    const asked = () => mock.posts.filter((one) => one.path === '/v1/suggest').length;
    const before = asked();
    await page.waitForTimeout(1200);
    expect(asked()).toBe(before);
    await studio.close();
  });

  it('that is none is refused in a line', async () => {
    const studio = await browser.open();
    await studio.give('drop', 'notes.txt', 'text/plain', 'hello');
    await studio.page.getByText('notes.txt is no picture.').waitFor();
    await studio.close();
  });
});
