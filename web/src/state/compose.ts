// The page where everything happens: from keystrokes and pictures to suggestions, and what is done with them.
import { effect, signal } from '@preact/signals';
import { ApiError } from '../api/client';
import { object, readSuggestions, readUnderstood, number, task as readTask, text as readText } from '../api/read';
import { parse } from '../api/client';
import type { Asset, Corrected, FeedbackKind, Seen, SuggestRequest, Suggestion } from '../api/types';
import { correctedOf, withFacet, withSeen } from './corrections';
import { FeedbackQueue } from './feedback';
import { remember } from './history';
import { newId, session, userId } from './ids';
import { notify, speak } from './notices';
import { readPicture } from './picture';
import type { Picture } from './picture';
import { client, onBack } from './server';
import { sendsFeedback, settings } from './settings';
import { nothing, step } from './typeahead';
import type { Shown, Step, TypeAhead } from './typeahead';

const pauseMs = 40; // between the last key and the request: a burst of keys is one request
const undoMs = 5000;
export const maxText = 1000; // as the server takes

export const text = signal('');
export const picture = signal<Picture | null>(null);
export const corrected = signal<Corrected | null>(null);
export const seen = signal<Seen | null>(null); // as corrected; null: as the server saw it
// As the server saw it last: it does not look again where the person has corrected something.
export const saw = signal<Seen | null>(null);
export const raw = signal(false); // the words as they are
export const ahead = signal<TypeAhead>(nothing);
export const chosen = signal<Shown | null>(null);
export const liked = signal<ReadonlySet<string>>(new Set());
export const dismissed = signal<ReadonlySet<string>>(new Set());
export const readingPicture = signal(false);
// How long the first text of each request took, from the key that was hit; the newest last.
export const firsts = signal<number[]>([]);

export const feedbackWaiting = signal(0);
const queue = new FeedbackQueue({
  send: async (events, leaving) => {
    await client.post('/v1/feedback', { events }, { keepalive: leaving });
  },
  later: (ms, what) => void setTimeout(what, ms),
  now: () => Date.now(),
  onChange: (waiting) => (feedbackWaiting.value = waiting),
});

let stop: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let count = 0;
let keyAt = 0;

const take = (what: Step) => (ahead.value = step(ahead.value, what));
export const isAsked = (): boolean => text.value.trim().length > 1 || picture.value !== null;

export function type(value: string): void {
  if (value === text.value) return;
  text.value = value.slice(0, maxText);
  // What was corrected was said of another text.
  if (corrected.value || seen.value) speak('Corrections were dropped, since the text changed');
  corrected.value = null;
  seen.value = null;
  chosen.value = null;
  ask(pauseMs);
}

export function ask(pause = 0): void {
  keyAt = performance.now();
  clearTimeout(timer);
  clearTimeout(again);
  if (!isAsked()) {
    stop?.abort();
    take({ kind: 'reset' });
    return;
  }
  timer = setTimeout(() => void run(), pause);
}

function request(): SuggestRequest {
  const { tasks, n, words, return: wanted } = settings.value;
  const typed = text.value.trim();
  return {
    ...(typed === '' ? {} : { text: typed }),
    ...(picture.value ? { image: { data: picture.value.data } } : {}),
    tasks,
    n,
    ...(words ? { words } : {}),
    return: wanted,
    ...(corrected.value && !raw.value ? { understood: corrected.value } : {}),
    ...(raw.value ? { raw: true } : {}),
    stream: true,
  };
}

const show = (suggestions: Suggestion[]): Shown[] =>
  suggestions.map((one, position) => ({ ...one, uid: newId(), position }));

async function run(): Promise<void> {
  stop?.abort();
  stop = new AbortController();
  const number_ = ++count;
  const from = keyAt;
  const atMs = () => performance.now() - from;
  const asked = text.value.trim();
  take({ kind: 'started', request: number_, tasks: settings.value.tasks });
  if (raw.value) take({ kind: 'understood', request: number_, understood: null }); // nothing will be
  let intent = asked;
  try {
    for await (const { event, data } of client.stream('/v1/suggest', request(), stop.signal)) {
      const told = parse(data);
      const of = readTask(object(told).task);
      const before = ahead.value.firstMs;
      if (event === 'understood') {
        const understood = readUnderstood(told);
        take({ kind: 'understood', request: number_, understood });
        if (understood?.seen && number_ === count) saw.value = understood.seen;
      }
      if (event === 'text' && of) {
        const { index, text: grown } = object(told);
        take({ kind: 'text', request: number_, task: of, index: number(index), text: readText(grown), atMs: atMs() });
      }
      if (event === 'suggestions' && of) {
        const shown = show(readSuggestions(object(told).suggestions).filter((one) => one.task === of));
        take({ kind: 'chosen', request: number_, task: of, suggestions: shown, atMs: atMs() });
      }
      if (event === 'done') {
        intent = readText(object(told).intent) || asked;
        break;
      }
      if (before === null && ahead.value.firstMs !== null) firsts.value = [...firsts.value.slice(-59), ahead.value.firstMs];
    }
    if (number_ !== count) return;
    take({ kind: 'done', request: number_, intent, atMs: atMs() });
    told(asked);
  } catch (error) {
    if (number_ !== count) return;
    failed(error, number_);
  }
}

function told(asked: string): void {
  const lanes = Object.values(ahead.value.lanes);
  const found = lanes.reduce((sum, lane) => sum + lane.chosen.length, 0);
  speak(found === 0 ? 'No suggestions' : `${found} suggestions are ready`);
  if (asked !== '') remember({ text: asked, intent: ahead.value.intent, at: Date.now(), took: [] });
}

function failed(error: unknown, number_: number): void {
  const told = error instanceof ApiError ? error : new ApiError('failed', 'something went wrong in the page');
  if (told.kind === 'cancelled') {
    // By another page of this session, or by the server: nothing newer of ours runs, so ask once more.
    if (!stop?.signal.aborted) again = setTimeout(() => ask(), 500);
    return;
  }
  take({ kind: 'failed', request: number_, failure: { kind: told.kind, message: told.message } });
  if (told.kind === 'busy' || told.kind === 'unavailable') again = setTimeout(() => ask(), told.retryAfter * 1000);
  else if (told.kind !== 'gone' && told.kind !== 'unauthorized') speak(`That failed: ${told.message}`);
}

// --- corrections ---

export function correct(change: (now: Corrected) => Corrected): void {
  const understood = ahead.value.understood;
  if (!understood) return;
  corrected.value = change(corrected.value ?? correctedOf(understood));
  raw.value = false;
  chosen.value = null;
  ask();
}

export const correctFacet = (name: string, value: string): void => correct((now) => withFacet(now, name, value));

export function correctSeen(change: (now: Seen) => Seen): void {
  const was = seen.value ?? saw.value;
  if (!was) return;
  const kept = change(was);
  seen.value = kept;
  correct((now) => withSeen(now, kept, text.value));
}

export function asItWas(): void {
  corrected.value = null;
  seen.value = null;
  raw.value = false;
  ask();
}

export function takeAsTyped(yes: boolean): void {
  raw.value = yes;
  ask();
}

// --- pictures ---

export async function attach(file: Blob, name: string): Promise<void> {
  readingPicture.value = true;
  try {
    const read = await readPicture(file, name);
    detach();
    picture.value = read;
    speak(`Picture ${name} added`);
    ask();
  } catch (error) {
    notify(error instanceof Error ? error.message : `${name} cannot be read.`);
  } finally {
    readingPicture.value = false;
  }
}

export function detach(): void {
  if (!picture.value) return;
  URL.revokeObjectURL(picture.value.preview);
  picture.value = null;
  saw.value = null;
  corrected.value = null;
  seen.value = null;
  chosen.value = null;
  ask();
}

// --- what is done with a suggestion ---

// What the suggestions are for. Empty: that a picture is taken as it is, which only the server can put in words.
const intentNow = (): string => ahead.value.intent || corrected.value?.intent || ahead.value.understood?.intent || text.value.trim();

// `place`: of the asset among those beside it.
function record(kind: FeedbackKind, shown: Shown, asset?: Asset, holdMs = 0, place = 0): string {
  // Of one showing each thing is told once, whatever is clicked how often.
  const id = asset ? `${shown.uid}-${kind}-${hash(asset.id)}` : `${shown.uid}-${kind}`;
  const intent = intentNow();
  if (!sendsFeedback.value || intent === '') return id;
  queue.add(
    {
      id,
      kind,
      user: userId(),
      session,
      intent,
      task: shown.task,
      prompt: shown.text,
      position: asset ? place : shown.position,
      words: shown.words,
      return: settings.value.return,
      ...(asset ? { asset: asset.id } : {}),
      at: new Date().toISOString(),
    },
    holdMs,
  );
  return id;
}

// Short and the same for the same text; not more is needed of it.
export function hash(of: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < of.length; ++i) value = Math.imul(value ^ of.charCodeAt(i), 0x01000193) >>> 0;
  return value.toString(36);
}

function took(shown: Shown): void {
  const asked = text.value.trim();
  if (asked !== '') remember({ text: asked, intent: intentNow(), at: Date.now(), took: [shown.text] });
}

export const wasSeen = (shown: Shown): void => void record('impression', shown);

export function choose(shown: Shown): void {
  chosen.value = shown;
  record('click', shown);
}

export async function copy(shown: Shown): Promise<void> {
  const done = await copyText(shown.text);
  notify(done ? 'Copied' : 'The browser did not let us copy. Select the text and press Ctrl+C.');
  if (!done) return;
  record('insert', shown);
  took(shown);
}

export async function copyText(what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(what);
    return true;
  } catch {
    // No permission, or no secure context: the old way.
    const area = document.createElement('textarea');
    area.value = what;
    area.setAttribute('aria-hidden', 'true');
    area.className = 'off-screen';
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

export function like(shown: Shown): void {
  const id = `${shown.uid}-like`;
  const next = new Set(liked.value);
  if (next.has(shown.uid)) {
    next.delete(shown.uid);
    queue.remove(id); // if it still waits
  } else {
    next.add(shown.uid);
    record('like', shown, undefined, 3000);
    took(shown);
    speak('Liked');
  }
  liked.value = next;
}

export function dismiss(shown: Shown): void {
  dismissed.value = new Set([...dismissed.value, shown.uid]);
  if (chosen.value?.uid === shown.uid) chosen.value = null;
  const id = record('dismiss', shown, undefined, undoMs);
  notify('Dismissed', {
    label: 'Undo',
    run: () => {
      queue.remove(id);
      dismissed.value = new Set([...dismissed.value].filter((one) => one !== shown.uid));
    },
  }, undoMs);
}

// The suggestion becomes the text, to go on from it.
export function insert(shown: Shown): void {
  record('insert', shown);
  took(shown);
  type(shown.text);
  focusText();
}

// Of an asset under the suggestion that found it. Pictures that the plain text found say nothing of a prompt.
export function recordAsset(kind: FeedbackKind, asset: Asset, place: number): void {
  if (chosen.value) record(kind, chosen.value, asset, 0, place);
}

export const focusText = (): void => document.getElementById('text')?.focus();

// --- privacy ---

export async function forgetFeedback(): Promise<number> {
  queue.clear();
  const answer = await client.delete(`/v1/users/${userId()}/events`);
  return number(object(answer).deleted);
}

export function startComposing(): void {
  feedbackWaiting.value = queue.waiting;
  onBack(() => {
    const kind = ahead.value.failure?.kind;
    if (kind === 'gone' || kind === 'unauthorized') ask();
    void queue.flush();
  });
  void queue.flush();
  addEventListener('pagehide', () => void queue.flush(true));
  let before = settings.value;
  effect(() => {
    const now = settings.value;
    if (now !== before && isAsked()) ask(150);
    before = now;
  });
}
