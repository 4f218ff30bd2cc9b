// The one client, and whether the server is there: what the banner, the key's dialog and the speed page go by.
import { effect, signal } from '@preact/signals';
import { ApiError, Client } from '../api/client';
import { readStatus, text } from '../api/read';
import type { Status } from '../api/types';
import { backoff } from './backoff';
import { session } from './ids';
import { load, save } from './storage';

export const key = signal(load('key', (value) => text(value) || null) ?? '');
export const contact = signal<'unknown' | 'up' | 'gone'>('unknown');
export const locked = signal(false); // a key is needed
export const keyRefused = signal(false);
export const retryAt = signal(0); // ms, of the next try while the server is gone
export const status = signal<Status | null>(null);
export const watching = signal(false); // the speed page is open

export interface Sample {
  at: number; // ms
  status: Status;
}
export const samples = signal<Sample[]>([]);
const maxSamples = 180;

const backAgain: (() => void)[] = [];
// Called whenever the server is back, or a key was given.
export function onBack(what: () => void): void {
  backAgain.push(what);
}
const tellBack = () => backAgain.forEach((what) => what());

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export const client = new Client({
  session,
  key: () => key.value,
  onContact: reached,
  onUnauthorized: () => {
    keyRefused.value = key.value !== '';
    locked.value = true;
  },
});

function reached(there: boolean): void {
  if (there) {
    failures = 0;
    const wasGone = contact.value === 'gone';
    contact.value = 'up';
    if (wasGone) tellBack();
  } else if (contact.value !== 'gone') {
    failures = 1;
    contact.value = 'gone';
    schedule(backoff(failures) * 1000);
  }
}

function schedule(ms: number): void {
  clearTimeout(timer);
  if (contact.value === 'gone') retryAt.value = Date.now() + ms;
  timer = setTimeout(() => void poll(), ms);
}

export async function poll(): Promise<void> {
  clearTimeout(timer);
  const gone = contact.value === 'gone';
  try {
    const answer = readStatus(await client.get('/v1/status', { timeout: 4000 }));
    status.value = answer;
    samples.value = [...samples.value.slice(1 - maxSamples), { at: Date.now(), status: answer }];
  } catch (error) {
    if (gone && error instanceof ApiError && error.kind === 'gone') failures += 1;
  }
  if (contact.value === 'gone') schedule(backoff(failures) * 1000);
  else schedule(watching.value ? 1000 : 10_000);
}

export function giveKey(given: string, keep: boolean): void {
  key.value = given;
  if (keep) save('key', given);
  locked.value = false;
  keyRefused.value = false;
  void poll();
  tellBack();
}

export function forgetKey(): void {
  key.value = '';
  save('key', null);
}

export function start(): void {
  void poll();
  addEventListener('online', () => void poll());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void poll();
    else if (contact.value !== 'gone') clearTimeout(timer); // nobody looks
  });
  effect(() => {
    if (watching.value) void poll();
  });
}
