// A real Chromium on the studio, whoever serves it.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--font-render-hinting=none',
    ],
  });

export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  return (await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options })).newPage();
}

export class Studio {
  problems: string[] = []; // what the browser, or the contract, complained of
  private posts: { path: string; body: any }[] = [];

  constructor(
    readonly page: Page,
    readonly url: string,
    timeout = 20_000, // ms, of whatever is waited for
  ) {
    page.setDefaultTimeout(timeout);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      // That a request failed is what some of the tests are about.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.problems.push(message.text());
    });
    page.on('dialog', (dialog) => {
      this.problems.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.method() === 'POST') this.posts.push({ path: new URL(request.url()).pathname, body: request.postDataJSON() });
    });
  }

  async open(): Promise<this> {
    await this.page.goto(this.url);
    await this.page.locator('.health.good').waitFor();
    return this;
  }

  async type(text: string, delay = 25): Promise<void> {
    await this.page.locator('#text').pressSequentially(text, { delay });
  }

  // Until the suggestions of what was asked are there.
  async settled(): Promise<void> {
    await this.page.locator('.suggestion').first().waitFor();
    await expect.poll(() => this.page.locator('.lane[aria-busy=true], .lane.old, .growing').count()).toBe(0);
  }

  async ask(text: string): Promise<void> {
    await this.type(text);
    await expect.poll(() => this.sent('/v1/suggest').text).toBe(text);
    await this.settled();
  }

  suggestion(text: string | RegExp) {
    return this.page.locator('.suggestion', { has: this.page.locator('.suggestion-text', { hasText: text }) });
  }

  // The newest body that was sent to a path.
  sent(path: string): Record<string, any> {
    return this.posts.filter((one) => one.path === path).at(-1)?.body ?? {};
  }

  async give(how: 'drop' | 'paste', name: string, type: string, content: string): Promise<void> {
    await this.page.evaluate(
      ([how, name, type, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([content!], name!, { type: type! }));
        if (how === 'paste') return void window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }));
        for (const event of ['dragenter', 'dragover', 'drop']) {
          document.body.dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
        }
      },
      [how, name, type, content],
    );
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
