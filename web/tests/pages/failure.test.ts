import { describe, expect, it } from 'vitest';
import { browserOf } from './harness';

const browser = browserOf();

describe('a server', () => {
  it('that is gone and comes back finds everything as it was', async () => {
    const studio = await browser.open();
    const { page, mock } = studio;
    await studio.ask('holiday sale');
    await mock.stop();
    await page.locator('#text').fill('quiet forest');
    await page.getByText('The server is not answering.').waitFor();
    expect(await page.locator('#text').inputValue()).toBe('quiet forest');
    expect(await studio.suggestion('holiday discount sign').count()).toBe(1);
    await mock.back();
    await page.getByText('The server is not answering.').waitFor({ state: 'detached' });
    await studio.suggestion('misty forest sunrise').waitFor();
    await studio.close();
  });

  it('that asks for a key gets one, and the question with it', async () => {
    const studio = await browser.open();
    const { page, mock } = studio;
    mock.behaviour.keys = ['secret'];
    await page.locator('#text').fill('holiday sale'); // at once: the dialog takes the focus
    const dialog = page.getByRole('dialog', { name: 'This server asks for a key' });
    await dialog.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('did not take that key').waitFor();
    await dialog.getByLabel('API key').fill('secret');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await studio.settled();
    await expect.poll(() => page.locator('.asset-picture.there').count()).toBeGreaterThan(0); // fetched with the key
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('secret');
    await studio.close();
  });

  it('that is busy is asked again when it said', async () => {
    const studio = await browser.open();
    studio.mock.behaviour.busy = 1;
    await studio.type('holiday sale', 0);
    await studio.settled();
    await studio.close();
  });

  it('that fails says why, and can be asked again', async () => {
    const studio = await browser.open();
    const { page, mock } = studio;
    mock.behaviour.fail = { path: '/v1/suggest', status: 500, code: 'internal', message: 'the model cannot be read' };
    await studio.type('holiday sale', 0);
    await expect.poll(() => studio.sent('/v1/suggest').text).toBe('holiday sale'); // else what is typed last succeeds, unasked
    await page.locator('.notice', { hasText: 'the model cannot be read' }).waitFor();
    mock.behaviour.fail = null;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await studio.settled();
    expect(await page.locator('.notice').count()).toBe(0);
    mock.behaviour.fail = { path: '/v1/search', status: 422, code: 'invalid_argument', message: 'there is no such filter' };
    await studio.suggestion('holiday discount sign').locator('.suggestion-text').click();
    await page.getByText('there is no such filter').waitFor();
    await studio.close();
  });
});
