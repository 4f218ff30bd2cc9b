// The pictures beside the suggestions: for what was typed, for a suggestion, or like another picture.
import { effect, signal, untracked } from '@preact/signals';
import { ApiError } from '../api/client';
import { readPage } from '../api/read';
import type { Asset } from '../api/types';
import { ahead, chosen, corrected, picture, recordAsset, text } from './compose';
import type { Failure } from './typeahead';
import { speak } from './notices';
import { client, onBack, status } from './server';

const pageSize = 24;

export type Wanted =
  | { kind: 'text'; text: string; queries: string[]; image?: { data: string } }
  | { kind: 'prompt'; text: string }
  | { kind: 'like'; asset: Asset };

export interface Results {
  wanted: Wanted | null;
  phase: 'idle' | 'loading' | 'ready' | 'failed';
  assets: Asset[];
  found: number;
  next: string;
  corrections: Record<string, string>;
  more: 'none' | 'loading' | 'failed';
  failure: Failure | null;
}

const blank: Results = {
  wanted: null, phase: 'idle', assets: [], found: 0, next: '', corrections: {}, more: 'none', failure: null,
};
export const results = signal<Results>(blank);
export const opened = signal<Asset | null>(null);
export const hidden = signal<ReadonlySet<string>>(new Set()); // dismissed assets
export const likedAssets = signal<ReadonlySet<string>>(new Set());

let stop: AbortController | null = null;
let before: Wanted[] = []; // what "back" goes to

// What was done with assets in this session: recommendations go by it.
interface Done {
  asset: string;
  event: 'click' | 'like' | 'dismiss';
  time: number;
}
let session: Done[] = [];
const did = (event: Done['event'], asset: Asset) => {
  session = [...session.slice(-63), { asset: asset.id, event, time: Math.floor(Date.now() / 1000) }];
};

// For everybody's recommendations: where it was shown, and what was done with it.
const tell = (kind: Done['event'] | 'impression', asset: Asset) =>
  recordAsset(kind, asset, Math.max(0, results.peek().assets.findIndex((one) => one.id === asset.id)));
export const assetWasSeen = (asset: Asset): void => tell('impression', asset);

async function fetchPage(wanted: Wanted, cursor: string, signal: AbortSignal): Promise<unknown> {
  if (wanted.kind === 'like') {
    const events = session.filter((one) => one.asset !== wanted.asset.id);
    return client.post('/v1/recommend', { assets: [wanted.asset.id], ...(events.length ? { events } : {}), limit: pageSize }, { signal });
  }
  const body = {
    ...(wanted.text === '' ? {} : { text: wanted.text }),
    ...(wanted.kind === 'text' && wanted.image ? { image: wanted.image } : {}),
    // The suggestions are the queries; the server need not write others.
    queries: wanted.kind === 'text' && wanted.queries.length > 0 ? wanted.queries : false,
    limit: pageSize,
    ...(cursor === '' ? {} : { cursor }),
  };
  return client.post('/v1/search', body, { signal });
}

const failureOf = (error: unknown): Failure =>
  error instanceof ApiError ? { kind: error.kind, message: error.message } : { kind: 'failed', message: 'something went wrong in the page' };

let again: ReturnType<typeof setTimeout> | undefined;

export async function find(wanted: Wanted): Promise<void> {
  clearTimeout(again);
  stop?.abort();
  const mine = (stop = new AbortController());
  const was = results.peek();
  results.value = { ...was, wanted, phase: 'loading', failure: null, more: 'none' };
  try {
    const page = readPage(await fetchPage(wanted, '', mine.signal));
    if (stop !== mine) return;
    results.value = { ...blank, wanted, phase: 'ready', ...page };
    speak(page.assets.length === 0 ? 'No pictures' : `${page.assets.length} pictures`);
  } catch (error) {
    if (stop !== mine || mine.signal.aborted) return;
    results.value = { ...blank, wanted, phase: 'failed', failure: failureOf(error) };
    if (error instanceof ApiError && error.kind === 'busy') again = setTimeout(retry, error.retryAfter * 1000);
  }
}

export async function more(): Promise<void> {
  const now = results.peek();
  if (!now.wanted || now.next === '' || now.more === 'loading') return;
  const mine = stop ?? new AbortController();
  results.value = { ...now, more: 'loading' };
  try {
    const page = readPage(await fetchPage(now.wanted, now.next, mine.signal));
    if (results.peek().wanted !== now.wanted) return;
    results.value = { ...now, assets: [...now.assets, ...page.assets], next: page.next, more: 'none' };
    speak(`${page.assets.length} more pictures`);
  } catch {
    if (results.peek().wanted === now.wanted) results.value = { ...now, more: 'failed' };
  }
}

export const retry = (): void => {
  const wanted = results.peek().wanted;
  if (wanted) void find(wanted);
};

export function moreLike(asset: Asset): void {
  const now = results.peek().wanted;
  if (now) before = [...before.slice(-19), now];
  did('click', asset);
  tell('click', asset);
  opened.value = null;
  void find({ kind: 'like', asset });
}

export const canGoBack = (): boolean => results.value.wanted?.kind === 'like' && before.length > 0;

export function back(): void {
  const wanted = before.pop();
  if (wanted) void find(wanted);
}

export function open(asset: Asset): void {
  opened.value = asset;
  did('click', asset);
  tell('click', asset);
}

export function likeAsset(asset: Asset): void {
  if (likedAssets.value.has(asset.id)) return;
  likedAssets.value = new Set([...likedAssets.value, asset.id]);
  did('like', asset);
  tell('like', asset);
  speak('Liked');
}

export function dismissAsset(asset: Asset): void {
  hidden.value = new Set([...hidden.value, asset.id]);
  opened.value = null;
  did('dismiss', asset);
  tell('dismiss', asset);
}

// What is looked for follows what is written: a suggestion that is chosen at once, else the text, when its suggestions
// are there, since those that are queries look for it, too.
function follow(): Wanted | null {
  if (chosen.value) return { kind: 'prompt', text: chosen.value.text };
  const { phase, lanes, failure } = ahead.value;
  const failed = phase === 'failed' && failure?.kind !== 'gone' && failure?.kind !== 'unauthorized';
  if (phase !== 'done' && !failed) return null;
  const typed = untracked(() => text.value.trim());
  const image = untracked(() => picture.value);
  const queries = (lanes.query?.chosen ?? []).slice(0, 8).map((one) => one.text);
  // What is on a picture alone, the server knows better than its intent says, unless somebody corrected that.
  const kept = untracked(() => corrected.value?.intent) ?? '';
  return { kind: 'text', text: typed || (image ? kept : ''), queries, ...(image ? { image: { data: image.data } } : {}) };
}

// As Enter does: without waiting for what the suggestions bring.
export function findNow(): void {
  chosen.value = null;
  const typed = text.value.trim();
  if (typed === '' || ahead.value.phase === 'done') return;
  void find({ kind: 'text', text: typed, queries: [], ...(picture.value ? { image: { data: picture.value.data } } : {}) });
}

export function startFinding(): void {
  let key = '';
  effect(() => {
    const idle = ahead.value.phase === 'idle';
    const wanted = follow();
    if (idle) {
      stop?.abort();
      key = '';
      before = [];
      results.value = blank;
      return;
    }
    if (!wanted) return;
    if (untracked(() => status.value)?.assets === null) {
      // No catalogue: nothing to ask for.
      results.value = { ...blank, wanted, phase: 'failed', failure: { kind: 'missing', message: 'no catalogue' } };
      return;
    }
    const next = JSON.stringify(wanted);
    if (next === key) return;
    key = next;
    before = [];
    void find(wanted);
  });
  onBack(() => {
    const kind = results.peek().failure?.kind;
    if (kind === 'gone' || kind === 'unauthorized') retry();
  });
}
