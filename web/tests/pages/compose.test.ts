import { describe, expect, it } from 'vitest';
import { browserOf } from './harness';

const browser = browserOf();

describe('typing', () => {
  it('brings what was understood, suggestions of each kind, and pictures', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    for (const lane of ['query', 'related', 'template', 'image']) expect(await page.locator(`.lane.${lane} .suggestion`).count()).toBeGreaterThan(0);
    expect(await page.locator('.chip.intent').innerText()).toContain('holiday sale');
    expect(Number(await page.getByTestId('first-ms').innerText())).toBeGreaterThan(0);
    await page.locator('.tile img').first().waitFor();
    await expect.poll(() => page.locator('.asset-picture.there').count()).toBeGreaterThan(0);
    await studio.close();
  });

  it('shows texts as they grow', async () => {
    const studio = await browser.open();
    studio.mock.behaviour.tokenMs = 250;
    await studio.page.locator('#text').fill('holiday sale'); // at once: one request
    const growing = studio.page.locator('.lane.image .growing li').first();
    const before = await growing.innerText();
    await expect.poll(() => growing.innerText()).not.toBe(before);
    expect(await growing.innerText()).toContain(before.trim());
    await studio.close();
  });

  it('leaves older requests behind', async () => {
    const studio = await browser.open();
    studio.mock.behaviour.firstMs = 200;
    await studio.type('garden', 90);
    await studio.settled();
    expect(studio.mock.posts.filter((one) => one.path === '/v1/suggest').length).toBeGreaterThan(1);
    expect(await studio.page.locator('.lane.query .suggestion-text').first().innerText()).toContain('garden');
    studio.mock.behaviour.firstMs = 2000;
    await studio.page.locator('#text').fill('forest');
    await studio.page.waitForTimeout(100);
    expect(await studio.page.locator('.lane.query .suggestion-text').first().innerText()).toContain('garden'); // still there
    await studio.settled();
    expect(await studio.page.locator('.lane.query').innerText()).not.toContain('garden');
    await studio.close();
  });

  it('comes back to the empty page when the text is cleared', async () => {
    const studio = await browser.open();
    await studio.ask('holiday sale');
    await studio.page.getByRole('button', { name: 'Clear the text' }).click();
    await studio.page.getByRole('heading', { name: 'A few words are enough' }).waitFor();
    await studio.close();
  });

  it('stays text, whatever is typed', async () => {
    const studio = await browser.open();
    await studio.page.locator('#text').fill('<img src=x onerror=alert(1)> <script>alert(2)</script>');
    await studio.settled();
    expect(await studio.page.locator('#app img[src="x"], #app script').count()).toBe(0);
    await studio.page.locator('#text').fill('x'.repeat(3000));
    await expect.poll(() => studio.sent('/v1/suggest').text).toMatch(/^x{1000}$/); // more is not taken
    await studio.close(); // fails if there was a dialog or an error
  });
});

describe('corrections', () => {
  it('of the goal and facets go along', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('pink flyer for a bake sale');
    await page.locator('.chip', { hasText: 'Goal' }).getByRole('button').click();
    await page.getByRole('group', { name: 'Goal' }).getByRole('button', { name: /Generate a picture/ }).click();
    await expect.poll(() => studio.sent('/v1/suggest').understood?.goal).toBe('generate');
    await studio.settled();
    await page.getByRole('button', { name: 'Remove colors pink' }).click();
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.colors).toBeUndefined();
    expect(studio.sent('/v1/suggest').understood.facets.format).toBe('flyer');
    await page.getByRole('button', { name: 'Add a detail' }).click();
    await page.getByRole('group', { name: 'Add a detail' }).getByRole('combobox').selectOption('mood');
    await page.getByRole('textbox', { name: 'Mood' }).fill('cheerful');
    await page.keyboard.press('Enter');
    await expect.poll(() => studio.sent('/v1/suggest').understood?.facets.mood).toBe('cheerful');
    await page.getByRole('button', { name: 'Undo corrections' }).click();
    await expect.poll(() => 'understood' in studio.sent('/v1/suggest')).toBe(false);
    await studio.close();
  });

  it('of the intent are taken, and dropped with the text that they were made of', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    await page.getByRole('button', { name: /^Intent: holiday sale/ }).click();
    await page.getByRole('textbox', { name: 'What do you want?' }).last().fill('forest hike');
    await page.keyboard.press('Enter');
    await expect.poll(() => studio.sent('/v1/suggest').understood?.intent).toBe('forest hike');
    await studio.settled();
    await studio.type('s');
    await expect.poll(() => studio.sent('/v1/suggest').text).toBe('holiday sales');
    expect(studio.sent('/v1/suggest')).not.toHaveProperty('understood');
    await studio.close();
  });

  it('can be that the words are taken as they are', async () => {
    const studio = await browser.open();
    await studio.ask('xmas sale'); // understood as a holiday sale
    await studio.page.locator('.chip', { hasText: 'Sure' }).getByRole('button').click();
    await studio.page.getByRole('checkbox', { name: 'Take my words as they are' }).click();
    await expect.poll(() => studio.sent('/v1/suggest').raw).toBe(true);
    await studio.page.getByText('Taken as you typed it').waitFor();
    await studio.settled();
    await studio.page.locator('.suggestion-text').first().click();
    await expect.poll(() => studio.events('click')[0]?.intent).toBe('xmas sale');
    await studio.close();
  });
});

describe('controls', () => {
  it('change what is asked for, and are kept', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    await page.getByRole('button', { name: 'Templates', exact: true }).click();
    await expect.poll(() => studio.sent('/v1/suggest').tasks).toEqual(['query', 'related', 'image']);
    await page.locator('.tune').click();
    await page.getByRole('radio', { name: 'Between' }).check();
    await page.getByRole('spinbutton', { name: 'Fewest words' }).fill('2');
    await page.getByRole('spinbutton', { name: 'Most words' }).fill('3');
    await page.getByRole('spinbutton', { name: 'Most words' }).press('Tab');
    await page.getByRole('slider', { name: /Return/ }).fill('4');
    await page.getByRole('slider', { name: /Suggestions of each kind/ }).fill('2');
    await expect.poll(() => studio.sent('/v1/suggest')).toMatchObject({ words: { min: 2, max: 3 }, return: 4, n: 2 });
    await page.reload();
    await studio.ask('holiday sale');
    expect(studio.sent('/v1/suggest')).toMatchObject({ words: { min: 2, max: 3 }, return: 4, n: 2, tasks: ['query', 'related', 'image'] });
    await studio.close();
  });
});

describe('pictures of the catalogue', () => {
  it('follow the suggestion that is chosen; more like one, and back', async () => {
    const studio = await browser.open();
    const { page } = studio;
    await studio.ask('holiday sale');
    await page.locator('.tile').first().waitFor();
    const chosen = page.locator('.lane.query .suggestion-text').first();
    const text = await chosen.innerText();
    await chosen.click();
    const title = page.locator('#results-title');
    await expect.poll(() => title.innerText()).toContain(text);
    await page.locator('.results[aria-busy=false] .tile').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'More like this' }).click();
    await expect.poll(() => title.innerText()).toContain('More like');
    await page.getByRole('button', { name: 'Back to the pictures before' }).click();
    await expect.poll(() => title.innerText()).toContain(text);
    await page.getByRole('button', { name: 'For all of it' }).click();
    await expect.poll(() => title.innerText()).toContain('holiday sale');
    await studio.close();
  });

  it('are missed with good grace', async () => {
    const studio = await browser.open();
    studio.mock.behaviour.catalogue = false;
    await studio.page.reload();
    await studio.ask('holiday sale');
    await studio.page.getByText('There is no catalogue here.').waitFor();
    await studio.close();
  });
});

describe('the keyboard', () => {
  it('does it all', async () => {
    const studio = await browser.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = studio;
    await page.keyboard.press('/');
    await page.keyboard.type('holiday sale', { delay: 20 });
    await studio.settled();
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const texts = await page.locator('.suggestion-text').allInnerTexts();
    expect(await focused()).toBe(texts[0]);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(texts[1]);
    await page.keyboard.press('c');
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(texts[1]);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#results-title').innerText()).toContain(texts[1]);
    await page.locator('.results[aria-busy=false] .tile').first().waitFor();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('tile');
    await page.keyboard.press('m');
    await expect.poll(() => page.locator('#results-title').innerText()).toContain('More like');
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('text');
    await page.locator('#text').blur();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('2');
    expect(page.url()).not.toContain('history');
    await studio.close();
  });
});
