// The keyboard. Shortcuts of one letter work outside of fields only, and can be switched off.
import { page, go } from '../state/router';
import { singleKeys } from '../state/settings';
import { focusText } from '../state/compose';
import { switchTheme } from './header';
import { helpOpen } from './help';

export function focusFirst(selector: string): boolean {
  const first = document.querySelector<HTMLElement>(selector);
  first?.focus();
  return first !== null;
}

// Moves among what matches; `columns` for a grid. Falls off the upper end into the text.
export function move(selector: string, from: HTMLElement, by: number): void {
  const all = Array.from(document.querySelectorAll<HTMLElement>(selector));
  const next = all.indexOf(from) + by;
  if (next < 0) focusText();
  else all[Math.min(next, all.length - 1)]?.focus();
}

// How many tiles stand in the first row.
export function columns(selector: string): number {
  const all = Array.from(document.querySelectorAll<HTMLElement>(selector));
  const top = all[0]?.getBoundingClientRect().top;
  const row = all.findIndex((one) => one.getBoundingClientRect().top !== top);
  return row < 0 ? all.length : row;
}

const inField = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input:not([type=checkbox], [type=radio], [type=range]), textarea, select') !== null;

const plain = (event: KeyboardEvent): boolean => !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;

// Does what is set for the key, and keeps it from everybody else.
export function act(event: KeyboardEvent, actions: Record<string, () => void>): void {
  const action = plain(event) ? actions[event.key] : undefined;
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || !plain(event)) return;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape' && page.value === '') {
    if (!inField(event.target)) focusText();
    return;
  }
  if (inField(event.target) || !singleKeys.value) return;
  const actions: Record<string, () => void> = {
    '/': () => {
      if (page.value !== '') go('');
      setTimeout(focusText);
    },
    '?': () => (helpOpen.value = true),
    t: switchTheme,
    1: () => go(''),
    2: () => go('history'),
    3: () => go('speed'),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export const startKeys = (): void => document.addEventListener('keydown', onKey);
