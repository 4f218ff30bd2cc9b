// The pictures of docs/images, taken of the real server on openclipart's drawings (tools/screenshots). Not a test.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, openPage, Studio } from '../browser';
import { Server } from '../program';

const folder = process.env.SCREENSHOTS ?? '';
const goalMs = 150;

let work = '';
let browser: Browser;
let server: Server;

beforeAll(async () => {
  expect(folder, 'SCREENSHOTS names the folder that they go to').not.toBe('');
  work = await mkdtemp(join(tmpdir(), 'updraft-screenshots-'));
  const catalogue = process.env.UPDRAFT_CATALOGUE;
  server = new Server([...(catalogue ? ['--catalogue', catalogue] : ['--demo']), '--feedback', join(work, 'feedback.sqlite')]);
  await server.start();
  browser = await launch();
  // What is asked first pays for what is read from the disk.
  for (const text of ['a red balloon', 'something for a picnic']) {
    for (const path of ['suggest', 'search']) await fetch(`${server.url}/v1/${path}`, { method: 'POST', body: JSON.stringify({ text }) });
  }
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(work, { recursive: true, force: true });
});

async function open(options: BrowserContextOptions = {}): Promise<Studio> {
  return new Studio(await openPage(browser, { colorScheme: 'light', ...options }), server.url, 120_000).open();
}

// Types as people do, and waits for all of it.
async function fresh(studio: Studio, text: string): Promise<void> {
  await studio.page.locator('#text').fill('');
  await studio.type(text, 110);
  await expect.poll(() => studio.sent('/v1/suggest').text).toBe(text);
  await studio.settled();
  await studio.page.locator('.results[aria-busy=false]').waitFor({ state: 'attached' }); // a phone hides it
}

async function shoot(studio: Studio, name: string): Promise<void> {
  const { page } = studio;
  await page.mouse.move(0, 0);
  await page.evaluate(() => Promise.all([...document.images].filter((image) => image.checkVisibility()).map((image) => image.decode().catch(() => null))));
  await page.waitForTimeout(600); // for what fades in
  await page.screenshot({ path: join(folder, `studio-${name}.png`) });
  const first = Number(await page.getByTestId('first-ms').innerText());
  console.log(`${name}: ${first} ms to first${first > goalMs ? `, more than the ${goalMs} ms that are promised: this machine is busy, take them again` : ''}`);
  await studio.close();
}

it('light', async () => {
  const studio = await open();
  await fresh(studio, 'birthday party invitation, pink and gold');
  await shoot(studio, 'light');
});

it('dark', async () => {
  const studio = await open({ colorScheme: 'dark' });
  await fresh(studio, 'quiet forest at dawn');
  await shoot(studio, 'dark');
});

it('phone', async () => {
  const studio = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2 });
  await fresh(studio, 'halloween party');
  await studio.page.locator('.lane.query .suggestion-text').nth(1).click();
  await shoot(studio, 'phone');
});

it('a picture that was dropped', async () => {
  const studio = await open();
  const drawing = await readFile('/usr/share/openclipart/svg/transportation/boating/sailboat_illustration.svg', 'utf8');
  await studio.give('drop', 'sailboat.svg', 'image/svg+xml', drawing);
  await studio.page.locator('.seen dt').first().waitFor();
  await studio.settled();
  await fresh(studio, 'poster for a regatta');
  await shoot(studio, 'picture');
});

it('speed', async () => {
  const studio = await open();
  const typed = ['garden party', 'bake sale', 'logo of a fox', 'yoga class', 'snow man', 'city map', 'red roses', 'chess club', 'tea time', 'pet shop', 'new year', 'road trip'];
  for (const text of typed) await fresh(studio, text);
  await studio.page.getByRole('link', { name: 'Speed', exact: true }).click();
  // Two minutes of some people who type, think, and type again.
  const until = Date.now() + 122_000;
  const things = ['summer sale', 'school trip', 'jazz concert', 'coffee menu', 'baby shower', 'moving boxes', 'city marathon', 'book club'];
  const person = async (number: number) => {
    for (let i = 0; Date.now() < until; ++i) {
      const body = JSON.stringify({ text: `${things[(number * 3 + i) % things.length]} ${number} ${i}`, tasks: ['query', 'related'], n: 4 });
      await fetch(`${server.url}/v1/suggest`, { method: 'POST', body }).then((response) => response.text());
      await new Promise((resolve) => setTimeout(resolve, 300 + 200 * ((number + i) % 5)));
    }
  };
  await Promise.all([0, 1, 2, 3].map(person));
  await shoot(studio, 'speed');
});
