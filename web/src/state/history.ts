// What was asked before. It never leaves this browser.
import { signal } from '@preact/signals';
import { number, object, text } from '../api/read';
import { load, save } from './storage';

export interface Entry {
  text: string;
  intent: string;
  at: number; // ms
  took: string[]; // suggestions that were copied, liked or inserted
}

export const maxEntries = 200;
const maxTook = 8;

export function acceptHistory(value: unknown): Entry[] | null {
  if (!Array.isArray(value)) return null;
  return value
    .map(object)
    .map((one) => ({
      text: text(one.text),
      intent: text(one.intent),
      at: number(one.at),
      took: Array.isArray(one.took) ? one.took.map(text).filter((took) => took !== '') : [],
    }))
    .filter((one) => one.text !== '')
    .slice(0, maxEntries);
}

// The newest first; the same text once. What grows out of an entry of the last minute ("holiday" -> "holiday sale")
// takes its place.
export function withEntry(entries: Entry[], entry: Entry): Entry[] {
  const same = entries.find((one) => one.text === entry.text);
  const [newest] = entries;
  const grown = newest && entry.at - newest.at < 60_000 && newest.took.length === 0 && entry.text.startsWith(newest.text);
  const rest = entries.filter((one) => one !== same && !(grown && one === newest));
  return [{ ...entry, took: [...new Set([...entry.took, ...(same?.took ?? [])])].slice(0, maxTook) }, ...rest].slice(0, maxEntries);
}

export const history = signal<Entry[]>(load('history', acceptHistory) ?? []);

function put(entries: Entry[]): void {
  history.value = entries;
  save('history', entries.length > 0 ? entries : null);
}

export const remember = (entry: Entry): void => put(withEntry(history.value, entry));
export const forget = (entry: Entry): void => put(history.value.filter((one) => one.text !== entry.text));
export const forgetAll = (): void => put([]);
export const restore = (entries: Entry[]): void => put(entries);
