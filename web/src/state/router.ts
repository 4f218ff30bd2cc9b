// Pages are named behind the #, so that a server has nothing to rewrite.
import { signal } from '@preact/signals';

export const pages = { '': 'Compose', history: 'History', speed: 'Speed' } as const;
export type PageName = keyof typeof pages;

const read = (): PageName => {
  const name = location.hash.replace(/^#\/?/, '');
  return name in pages ? (name as PageName) : '';
};

export const page = signal<PageName>(typeof location === 'undefined' ? '' : read());
export const go = (name: PageName): void => {
  location.hash = `#/${name}`;
};

export function startRouting(): void {
  addEventListener('hashchange', () => {
    page.value = read();
    window.scrollTo(0, 0);
  });
}
