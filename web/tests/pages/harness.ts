// A browser on the studio, served by the mock, or by a real server when UPDRAFT_URL names one.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { Mock } from '../mock/server.mjs';

export const realUrl = process.env.UPDRAFT_URL;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class Studio {
  problems: string[] = []; // what the browser complained of

  private constructor(
    readonly page: Page,
    readonly mock: Mock,
    readonly url: string,
  ) {}

  static async open(browser: Browser, mock: Mock, options: BrowserContextOptions = {}): Promise<Studio> {
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
    const url = realUrl ?? mock.url;
    const studio = new Studio(await context.newPage(), mock, url);
    studio.page.setDefaultTimeout(20_000);
    studio.page.on('pageerror', (error) => studio.problems.push(error.message));
    studio.page.on('console', (message) => {
      // That a request failed is what some of the tests are about.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) studio.problems.push(message.text());
    });
    studio.page.on('dialog', (dialog) => {
      studio.problems.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await studio.page.goto(url);
    await studio.page.locator('.health.good').waitFor();
    return studio;
  }

  async type(text: string, delay = 25): Promise<void> {
    await this.page.locator('#text').pressSequentially(text, { delay });
  }

  // Until the suggestions of what was typed are there.
  async settled(): Promise<void> {
    await this.page.locator('.suggestion').first().waitFor();
    await expect.poll(() => this.page.locator('.lane[aria-busy=true], .lane.old, .growing').count()).toBe(0);
  }

  async ask(text: string): Promise<void> {
    await this.type(text);
    await this.settled();
  }

  suggestion(text: string | RegExp) {
    return this.page.locator('.suggestion', { has: this.page.locator('.suggestion-text', { hasText: text }) });
  }

  // The newest body that was sent to a path.
  sent(path: string): Record<string, any> {
    return this.mock.posts.filter((one) => one.path === path).at(-1)?.body ?? {};
  }

  events(kind?: string): Record<string, any>[] {
    return [...this.mock.events.values()].filter((one) => !kind || one.kind === kind);
  }

  // What axe finds that keeps somebody out.
  async barriers(): Promise<string[]> {
    await this.page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations === 1).map((one) => one.finished.catch(() => null))));
    await this.page.evaluate(axeSource);
    return this.page.evaluate(async () => {
      const { violations } = await (window as any).axe.run();
      return violations
        .filter((one: any) => ['serious', 'critical'].includes(one.impact))
        .map((one: any) => `${one.id}: ${one.nodes.slice(0, 3).map((node: any) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
    });
  }

  async close(): Promise<void> {
    expect(this.problems).toEqual([]);
    await this.page.context().close();
  }
}

// For a file of tests: one browser, and a mock for each studio that is opened.
export function browserOf(): { open: (options?: BrowserContextOptions) => Promise<Studio> } {
  let browser: Browser;
  const mocks: Mock[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--font-render-hinting=none',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    for (const mock of mocks) await mock.stop().catch(() => undefined);
  });
  return {
    open: async (options) => {
      const mock = new Mock();
      if (!realUrl) {
        await mock.start();
        mocks.push(mock);
      }
      return Studio.open(browser, mock, options);
    },
  };
}
