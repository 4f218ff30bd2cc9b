// A browser on the studio, served by the mock. Where there is a program (UPDRAFT_PROGRAM), all that the studio sends and
// the mock answers is held to the OpenAPI document of its server.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { launch, openPage, Studio } from '../browser';
import { Contract } from '../contract';
import { Mock } from '../mock/server.mjs';

export class MockedStudio extends Studio {
  constructor(
    page: Page,
    readonly mock: Mock,
  ) {
    super(page, mock.url);
  }

  events(kind?: string): Record<string, any>[] {
    return [...this.mock.events.values()].filter((one) => !kind || one.kind === kind);
  }
}

// For a file of tests: one browser, and a mock for each studio that is opened.
export function browserOf(): { open: (options?: BrowserContextOptions) => Promise<MockedStudio> } {
  const document = inject('document');
  const contract = document && new Contract(document);
  let browser: Browser;
  const mocks: Mock[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    for (const mock of mocks) await mock.stop().catch(() => undefined);
  });
  return {
    open: async (options = {}) => {
      const mock = await new Mock().start();
      mocks.push(mock);
      const studio = new MockedStudio(await openPage(browser, options), mock);
      if (contract) {
        mock.watch = {
          request: (method, path, body) => void studio.problems.push(...contract.request(method, path, body)),
          answer: (method, path, status, body) => void studio.problems.push(...contract.answer(method, path, status, body)),
          event: (name, data) => void studio.problems.push(...contract.event(name, data)),
        };
      }
      return studio.open();
    },
  };
}
