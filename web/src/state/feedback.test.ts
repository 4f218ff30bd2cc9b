import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../api/client';
import type { FeedbackEvent, FeedbackKind } from '../api/types';
import { FeedbackQueue, maxQueued } from './feedback';
import type { Store } from './storage';

const event = (id: string, kind: FeedbackKind = 'like'): FeedbackEvent => ({
  id, kind, user: 'u', session: 's', intent: 'i', task: 'query', prompt: 'p', position: 0, words: 1, return: 9, at: '2026-01-01T00:00:00Z',
});

class Memory implements Store {
  kept = new Map<string, string>();
  full = false;
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem(key: string, value: string) {
    if (this.full) throw new Error('full');
    this.kept.set(key, value);
  }
  removeItem = (key: string) => void this.kept.delete(key);
}

let store: Memory;
let now: number;
let timers: { at: number; what: () => void }[];
let batches: FeedbackEvent[][];
let answer: (events: FeedbackEvent[]) => void;

const make = (more: { store?: Store | null } = {}) =>
  new FeedbackQueue({
    send: async (events) => {
      batches.push(events);
      answer(events);
    },
    later: (ms, what) => void timers.push({ at: now + ms, what }),
    now: () => now,
    random: () => 0.5,
    store,
    ...more,
  });

async function pass(ms: number): Promise<void> {
  const end = now + ms;
  for (;;) {
    timers.sort((a, b) => a.at - b.at);
    const next = timers[0];
    if (!next || next.at > end) break;
    timers.shift();
    now = next.at;
    next.what();
    await new Promise((resolve) => setTimeout(resolve));
  }
  now = end;
}

const sent = () => batches.flat().map((one) => one.id);

beforeEach(() => {
  store = new Memory();
  now = 0;
  timers = [];
  batches = [];
  answer = () => undefined;
});

describe('the queue of feedback', () => {
  it('sends what comes together in one batch', async () => {
    const queue = make();
    queue.add(event('a'));
    queue.add(event('b'));
    await pass(2000);
    expect(batches.map((one) => one.map((each) => each.id))).toEqual([['a', 'b']]);
    expect(queue.waiting).toBe(0);
  });

  it('keeps events until the server has them, and tries again less and less often', async () => {
    answer = () => {
      throw new ApiError('gone', 'gone');
    };
    const queue = make();
    queue.add(event('a'));
    await pass(60_000);
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.length).toBeLessThan(10);
    expect(queue.waiting).toBe(1);
    answer = () => undefined;
    await pass(120_000);
    expect(queue.waiting).toBe(0);
    expect(new Set(sent())).toEqual(new Set(['a'])); // with the same id each time
  });

  it('outlives the page', async () => {
    make().add(event('a'));
    timers = [];
    const next = make();
    await next.flush();
    expect(sent()).toEqual(['a']);
  });

  it('holds one event of an id', async () => {
    const queue = make();
    queue.add(event('a'));
    queue.add(event('a'));
    expect(queue.waiting).toBe(1);
  });

  it('lets an event be taken back while it is held', async () => {
    const queue = make();
    queue.add(event('a', 'dismiss'), 5000);
    queue.add(event('b', 'dismiss'), 5000);
    await pass(2000);
    expect(sent()).toEqual([]);
    queue.remove('a');
    await pass(10_000);
    expect(sent()).toEqual(['b']);
    expect(batches[0]?.[0]).not.toHaveProperty('notBefore');
  });

  it('sends held events beside others that are not', async () => {
    const queue = make();
    queue.add(event('a', 'click'));
    queue.add(event('b', 'like'), 3000);
    await pass(2000);
    expect(sent()).toEqual(['a']);
    await pass(3000);
    expect(sent()).toEqual(['a', 'b']);
  });

  it('sends held events when the page goes', async () => {
    const queue = make();
    queue.add(event('a', 'dismiss'), 5000);
    await queue.flush(true);
    expect(sent()).toEqual(['a']);
  });

  it('loses no more than the one event that the server refuses', async () => {
    const stored = new Set<string>();
    answer = (events) => {
      if (events.some((one) => one.id === 'bad')) throw new ApiError('refused', 'no');
      for (const one of events) stored.add(one.id);
    };
    const queue = make();
    for (const id of ['a', 'b', 'bad', 'c', 'd']) queue.add(event(id));
    await pass(30_000);
    expect([...stored].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.waiting).toBe(0);
  });

  it('gives up the oldest impressions first when it is full', () => {
    const queue = make();
    queue.add(event('like'));
    for (let i = 0; i < maxQueued + 10; ++i) queue.add(event(`i${i}`, 'impression'));
    expect(queue.waiting).toBe(maxQueued);
    expect(store.getItem('updraft.feedback')).toContain('"like"');
    expect(store.getItem('updraft.feedback')).not.toContain('"i3"');
  });

  it('works on where nothing can be stored', async () => {
    const queue = make({ store: null });
    queue.add(event('a'));
    await pass(2000);
    expect(sent()).toEqual(['a']);
    expect(queue.waiting).toBe(0);
  });

  it('takes nonsense in the store for nothing', () => {
    for (const nonsense of ['{', '5', '[1, null, {"id": 3}]']) {
      store.setItem('updraft.feedback', nonsense);
      expect(make().waiting).toBe(0);
    }
  });
});
