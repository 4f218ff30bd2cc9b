// What the person set, kept in this browser.
import { effect, signal } from '@preact/signals';
import { number, object, task } from '../api/read';
import { tasks } from '../api/types';
import type { Task } from '../api/types';
import { load, save } from './storage';

export interface Settings {
  tasks: Task[];
  words: { min: number; max: number } | null; // null: as usual for the task
  return: number; // 0..9
  n: number; // suggestions a task
}

export const usualWords: Record<Task, string> = { query: '2–7', related: '1–6', template: '5–30', image: '8–70' };
export const maxWords = 70;
export const defaults: Settings = { tasks: [...tasks], words: null, return: 9, n: 4 };

const within = (value: number, least: number, most: number) => Math.min(Math.max(Math.round(value), least), most);

export function acceptSettings(value: unknown): Settings | null {
  const given = object(value);
  const chosen = tasks.filter((one) => Array.isArray(given.tasks) && given.tasks.some((name) => task(name) === one));
  if (chosen.length === 0) return null;
  const words = object(given.words);
  const min = within(number(words.min) || 1, 1, maxWords);
  return {
    tasks: chosen,
    words: given.words == null ? null : { min, max: within(number(words.max) || maxWords, min, maxWords) },
    return: within(typeof given.return === 'number' ? number(given.return) : 9, 0, 9),
    n: within(number(given.n) || defaults.n, 1, 32),
  };
}

export const settings = signal<Settings>(load('settings', acceptSettings) ?? defaults);
export type Theme = 'system' | 'light' | 'dark';
export const theme = signal<Theme>(load('theme', (value) => (value === 'light' || value === 'dark' ? value : null)) ?? 'system');
export const singleKeys = signal(load('single-keys', (value) => (value === false ? false : null)) ?? true);
export const sendsFeedback = signal(load('sends-feedback', (value) => (value === false ? false : null)) ?? true);

export function keepSettings(): void {
  effect(() => save('settings', settings.value));
  effect(() => {
    save('theme', theme.value === 'system' ? null : theme.value);
    if (theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
  effect(() => save('single-keys', singleKeys.value ? null : false));
  effect(() => save('sends-feedback', sendsFeedback.value ? null : false));
}

export const isDark = (): boolean =>
  theme.value === 'dark' || (theme.value === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
