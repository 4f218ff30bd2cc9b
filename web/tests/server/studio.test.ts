// The studio on the real server, with the real weights: nothing is forced, and nothing depends on what the model writes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, openPage, Studio } from '../browser';
import { assets } from '../mock/pictures.mjs';
import { run, Server } from '../program';
import { makeCatalogue } from './catalogue';

const drawing = assets.find((one) => one.id === 'party/garden.svg')?.picture ?? '';

let folder = '';
let browser: Browser;
let server: Server;
let store = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'updraft-studio-'));
  store = join(folder, 'feedback.sqlite');
  server = new Server(['--catalogue', await makeCatalogue(folder), '--feedback', store]);
  await server.start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  const code = await server?.stop();
  await rm(folder, { recursive: true, force: true });
  expect(code).toBe(0);
});

// The server takes all that the studio sends, and stays there, unless that is what is tested.
async function open(options: BrowserContextOptions & { alone?: boolean; at?: Server } = {}): Promise<Studio> {
  const { alone, at, ...context } = options;
  const studio = new Studio(await openPage(browser, context), (at ?? server).url, 300_000);
  if (!alone) {
    studio.page.on('response', (response) => {
      if (response.status() >= 400) studio.problems.push(`${response.status()} for ${response.url()}`);
    });
  }
  return studio.open();
}

const isPost = (path: string) => (request: Request) => request.method() === 'POST' && new URL(request.url()).pathname === path;
const title = (studio: Studio) => studio.page.locator('#results-title').innerText();

// Marks the page when a text that grows was on it.
async function watchGrowth(studio: Studio): Promise<void> {
  await studio.page.evaluate(() => {
    const seen = new Set<string>();
    new MutationObserver(() => {
      const text = document.querySelector('.lane.image .growing li')?.textContent ?? '';
      if (text !== '') seen.add(text);
      if (seen.size > 1) document.documentElement.dataset.grew = '';
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

describe('the studio', () => {
  it('shows what was understood, suggestions of each kind and pictures of the catalogue while one types', async () => {
    const studio = await open();
    const { page } = studio;
    await studio.ask('christmas tree with lights');
    for (const lane of ['query', 'related', 'template', 'image']) expect(await page.locator(`.lane.${lane} .suggestion`).count()).toBeGreaterThan(0);
    expect(await page.locator('.chip.intent').innerText()).not.toBe('');
    expect(Number(await page.getByTestId('first-ms').innerText())).toBeGreaterThan(0);
    await expect.poll(() => page.locator('.asset-picture.there').count()).toBeGreaterThan(0);
    await page.getByRole('link', { name: 'Speed', exact: true }).click();
    await page.getByText(`${assets.length} pictures`).waitFor();
    await studio.close();
  });

  it('shows texts as they grow', async () => {
    const studio = await open();
    await watchGrowth(studio);
    // A machine that is busy enough may bring all of one answer at once, hardly of each.
    for (const text of ['garden', 'forest', 'mountain', 'birthday', 'coffee']) {
      await studio.page.locator('#text').fill(`poster of a ${text}`);
      await expect.poll(() => studio.sent('/v1/suggest').text).toBe(`poster of a ${text}`);
      await studio.settled();
      if (await studio.page.locator('html[data-grew]').count()) break;
    }
    expect(await studio.page.locator('html[data-grew]').count()).toBe(1);
    await studio.close();
  });

  it('follows a suggestion, brings more like a picture, and goes back', async () => {
    const studio = await open();
    const { page } = studio;
    await studio.ask('christmas');
    const suggestion = page.locator('.lane.query .suggestion-text').first();
    const text = await suggestion.innerText();
    await suggestion.click();
    await expect.poll(() => title(studio)).toContain(text);
    await page.getByRole('button', { name: 'For all of it' }).click();
    await expect.poll(() => title(studio)).toContain('christmas');
    const tile = page.locator('.results[aria-busy=false] .tile').first();
    const of = await tile.locator('.tile-title').innerText();
    await tile.click();
    await page.getByRole('dialog').getByRole('button', { name: 'More like this' }).click();
    await expect.poll(() => title(studio)).toBe(`More like ${of}`);
    await page.locator('.results[aria-busy=false] .tile').first().waitFor();
    expect(await page.locator('.tile-title').allInnerTexts()).not.toContain(of);
    await page.getByRole('button', { name: 'Back to the pictures before' }).click();
    await expect.poll(() => title(studio)).toContain('christmas');
    await studio.close();
  });

  it('tells what was seen on a picture that is dropped, and takes corrections', async () => {
    const studio = await open();
    const { page } = studio;
    await studio.give('drop', 'party.svg', 'image/svg+xml', drawing);
    await page.locator('.seen dt', { hasText: 'Colours' }).waitFor();
    await studio.settled();
    await expect.poll(() => page.locator('.asset-picture.there').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Add what is on it' }).click();
    await page.getByRole('textbox', { name: 'What is on it?' }).fill('string lights');
    await page.keyboard.press('Enter');
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.subject).toContain('string lights');
    await studio.settled();
    expect(await page.locator('.chip', { hasText: 'Subject' }).innerText()).toContain('string lights');
    const colour = page.locator('.seen div', { has: page.locator('dt', { hasText: 'Colours' }) }).locator('.seen-item').first();
    const name = (await colour.getByRole('button').getAttribute('aria-label'))?.replace('Remove ', '') ?? '';
    const before = studio.sent('/v1/suggest').understood.facets.colors.split(', ');
    await colour.getByRole('button').click();
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.colors ?? '').toBe(before.filter((one: string) => one !== name).join(', '));
    await studio.settled();
    await page.locator('.results[aria-busy=false]').waitFor();
    await studio.close();
  });

  it('tells a like, which lands in the store, and has it deleted', async () => {
    const studio = await open();
    const { page } = studio;
    await studio.ask('garden party');
    const row = page.locator('.lane.query .suggestion').first();
    const told = page.waitForRequest((request) => isPost('/v1/feedback')(request) && request.postDataJSON().events.some((one: any) => one.kind === 'like'));
    await row.hover();
    await row.getByRole('button', { name: 'Like' }).click();
    expect((await (await told).response())?.status()).toBe(200);
    expect(await run('feedback', 'stats', '--from', store)).toMatch(/like\s+1$/m);
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Delete what it was told' }).click();
    await page.getByText(/^Deleted: \d+ events on the server/).waitFor();
    expect(await run('feedback', 'stats', '--from', store)).toMatch(/like\s+0$/m);
    await studio.close();
  });

  it('asks for a key where the server does', async () => {
    const keys = join(folder, 'keys');
    const key = (await run('serve', '--keys', keys, '--new-key', 'studio')).trim();
    const locked = new Server(['--keys', keys]);
    await locked.start();
    const studio = await open({ alone: true, at: locked });
    const dialog = studio.page.getByRole('dialog', { name: 'This server asks for a key' });
    await dialog.getByLabel('API key').fill('wrong');
    await studio.page.keyboard.press('Enter');
    await dialog.getByText('did not take that key').waitFor();
    await dialog.getByLabel('API key').fill(key);
    await studio.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await studio.ask('holiday sale');
    await studio.page.getByText('There is no catalogue here.').waitFor();
    await studio.close();
    expect(await locked.stop()).toBe(0);
  });

  it('keeps everything while the server is gone, and goes on when it is back', async () => {
    const studio = await open({ alone: true });
    const { page } = studio;
    await studio.ask('mountain lake');
    const texts = await page.locator('.suggestion-text').allInnerTexts();
    expect(await server.stop()).toBe(0);
    await page.locator('#text').fill('quiet forest');
    const banner = page.getByText('The server is not answering.');
    await banner.waitFor();
    expect(await page.locator('#text').inputValue()).toBe('quiet forest');
    expect(await page.locator('.suggestion-text').allInnerTexts()).toEqual(texts);
    await server.start();
    await banner.waitFor({ state: 'detached' });
    await studio.settled();
    await expect.poll(() => page.locator('.suggestion-text').allInnerTexts()).not.toEqual(texts);
    await expect.poll(() => title(studio)).toContain('quiet forest');
    await expect.poll(() => page.locator('.asset-picture.there').count()).toBeGreaterThan(0);
    await studio.close();
  });
});
