import { describe, expect, it } from 'vitest';
import { browserOf } from './harness';

const browser = browserOf();

describe('feedback', () => {
  it('tells what was seen, chosen, liked, inserted and dismissed, each once', async () => {
    const studio = await browser.open({ viewport: { width: 1360, height: 1400 } });
    const { page } = studio;
    await studio.ask('holiday sale');
    await expect.poll(() => studio.events('impression').length).toBe(16);
    const first = studio.suggestion('holiday discount sign');
    await first.locator('.suggestion-text').click();
    await first.locator('.suggestion-text').click();
    await first.hover();
    await first.getByRole('button', { name: 'Like' }).click();
    const seen = () => studio.events('impression').filter((one) => one.asset !== undefined);
    await expect.poll(() => seen().filter((one) => one.position < 4).length).toBe(4);
    expect(new Set(seen().map((one) => one.prompt))).toEqual(new Set(['holiday discount sign']));
    expect(new Set(seen().map((one) => one.position)).size, 'each picture has a place of its own').toBe(seen().length);
    await page.locator('.results[aria-busy=false] .tile').nth(1).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await expect.poll(() => studio.events('like').length).toBe(1);
    expect(studio.events('click').find((one) => one.asset !== undefined)).toMatchObject({ position: 1 });
    expect(studio.events('click').map((one) => [one.prompt, one.asset !== undefined])).toEqual([['holiday discount sign', false], ['holiday discount sign', true]]);
    expect(studio.events('like')[0]).toMatchObject({ intent: 'holiday sale', task: 'query', position: 0, words: 3, return: 9 });

    const second = studio.suggestion('gift wrapped in paper');
    await second.hover();
    await second.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await second.waitFor();
    const third = studio.suggestion('holiday sale coupon page');
    await third.hover();
    await third.getByRole('button', { name: 'Dismiss' }).click();
    await third.waitFor({ state: 'detached' });
    const fourth = studio.suggestion('gift voucher');
    await fourth.hover();
    await fourth.getByRole('button', { name: 'Insert into the text' }).click();
    expect(await page.locator('#text').inputValue()).toBe('gift voucher');
    await expect.poll(() => studio.events('dismiss').map((one) => one.prompt)).toEqual(['holiday sale coupon page']);
    expect(studio.events('insert').map((one) => one.prompt)).toEqual(['gift voucher']);
    await studio.close();
  });

  it('waits for a server that is gone, even across a reload of the page', async () => {
    const studio = await browser.open();
    const { page, mock } = studio;
    await studio.ask('holiday sale');
    mock.behaviour.fail = { path: '/v1/feedback', status: 500, code: 'internal', message: 'the disk is full' };
    await studio.suggestion('holiday discount sign').locator('.suggestion-text').click();
    await expect.poll(() => mock.posts.some((one) => one.path === '/v1/feedback' && one.body.events.some((event: any) => event.kind === 'click'))).toBe(true);
    expect(studio.events('click')).toEqual([]);
    mock.behaviour.fail = null;
    await page.reload();
    await expect.poll(() => studio.events('click').length).toBe(1);
    await studio.close();
  });

  it('can be switched off and deleted', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    await expect.poll(() => studio.events().length).toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Delete what it was told' }).click();
    await page.getByText(/^Deleted: \d+ events on the server/).waitFor();
    expect(studio.events()).toEqual([]);
    await page.getByRole('checkbox', { name: 'Tell the server' }).uncheck();
    await page.getByRole('link', { name: 'Compose', exact: true }).click();
    await studio.suggestion('holiday discount sign').locator('.suggestion-text').click();
    await page.waitForTimeout(1500);
    expect(studio.events()).toEqual([]);
    await studio.close();
  });
});

describe('history', () => {
  it('keeps what was asked in the browser, brings it back, and can be cleared', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    await page.getByRole('link', { name: 'History' }).click();
    await page.reload();
    await page.getByRole('button', { name: /^holiday sale/ }).click();
    expect(await page.locator('#text').inputValue()).toBe('holiday sale');
    await studio.settled();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Nothing yet.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: /^holiday sale/ }).waitFor();
    await page.getByRole('button', { name: 'Remove holiday sale' }).click();
    await page.getByText('Nothing yet.').waitFor();
    expect(await page.evaluate(() => localStorage.getItem('updraft.history'))).toBeNull();
    await studio.close();
  });
});
