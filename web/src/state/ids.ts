// Random names: of this page's session, of a showing, of the person (a number that only this browser knows).
import { text } from '../api/read';
import { load, save } from './storage';

// crypto.randomUUID is missing where the page comes over plain HTTP from another machine.
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const session = newId();

export function userId(): string {
  const known = load('user', (value) => (/^[0-9a-f]{32}$/.test(text(value)) ? text(value) : null));
  if (known) return known;
  const made = newId();
  save('user', made);
  return made;
}
