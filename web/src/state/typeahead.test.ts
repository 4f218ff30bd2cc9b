import { describe, expect, it } from 'vitest';
import type { Task } from '../api/types';
import { isOld, nothing, step } from './typeahead';
import type { Shown, Step, TypeAhead } from './typeahead';

const shown = (text: string, task: Task = 'query'): Shown => ({ uid: text, position: 0, task, text, words: 1, score: 1 });
const run = (steps: Step[], from: TypeAhead = nothing) => steps.reduce(step, from);
const started = (request: number, tasks: Task[] = ['query', 'related']): Step => ({ kind: 'started', request, tasks });
const grown = (request: number, text: string, index = 0, task: Task = 'query'): Step => ({ kind: 'text', request, task, index, text, atMs: 40 });
const chose = (request: number, text: string, task: Task = 'query'): Step => ({ kind: 'chosen', request, task, suggestions: [shown(text, task)], atMs: 90 });

const first = run([started(1), grown(1, 'red'), chose(1, 'red shoes'), chose(1, 'boots', 'related'), { kind: 'done', request: 1, intent: 'a', atMs: 120 }]);

describe('type-ahead', () => {
  it('shows texts as they grow, then the chosen ones', () => {
    const growing = run([started(1), grown(1, 'red'), grown(1, 'blue', 2), grown(1, 'red shoes')]);
    expect(growing.lanes.query?.growing).toEqual(['red shoes', '', 'blue']);
    expect(growing.firstMs).toBe(40);
    expect(first.phase).toBe('done');
    expect(first.lanes.query).toEqual({ growing: [], chosen: [shown('red shoes')], done: true });
  });

  it('ignores what older requests still say', () => {
    const newer = run([started(2)], first);
    for (const late of [grown(1, 'old'), chose(1, 'old'), { kind: 'done', request: 1, intent: 'a', atMs: 1 }, { kind: 'failed', request: 1, failure: { kind: 'gone', message: '' } }] as Step[]) {
      expect(step(newer, late)).toBe(newer);
    }
  });

  it('keeps what is there until something newer is, lane by lane', () => {
    const waiting = run([started(2)], first);
    expect(waiting.lanes.query?.chosen).toEqual([shown('red shoes')]);
    expect(isOld(waiting, waiting.lanes.query!)).toBe(true);
    const partly = run([grown(2, 'green')], waiting);
    expect(partly.lanes.query).toEqual({ growing: ['green'], chosen: [], done: false });
    expect(isOld(partly, partly.lanes.query!)).toBe(false);
    expect(isOld(partly, partly.lanes.related!)).toBe(true);
  });

  it('drops what a finished request did not renew', () => {
    const done = run([started(2), chose(2, 'green shoes'), { kind: 'done', request: 2, intent: 'a', atMs: 80 }], first);
    expect(done.lanes.query?.chosen).toEqual([shown('green shoes')]);
    expect(done.lanes.related).toEqual({ growing: [], chosen: [], done: true });
    expect(done.stale).toBe(false);
  });

  it('keeps everything when a request fails', () => {
    const failed = run([started(2), { kind: 'failed', request: 2, failure: { kind: 'gone', message: 'gone' } }], first);
    expect(failed.lanes.query?.chosen).toEqual([shown('red shoes')]);
    expect(failed.failure?.kind).toBe('gone');
    expect(run([started(3)], failed).failure).toBeNull();
  });

  it('measures each request anew, to its first text', () => {
    const second = run([started(2), chose(2, 'a'), grown(2, 'b', 0, 'related')], first);
    expect(second.firstMs).toBe(90);
  });

  it('has lanes for the tasks that are asked for', () => {
    expect(Object.keys(run([started(2, ['image'])], first).lanes)).toEqual(['image']);
  });

  it('does not grow beyond what can be asked for', () => {
    const state = run([started(1), grown(1, 'x', 1e9), grown(1, 'x', -1)]);
    expect(state.lanes.query?.growing).toEqual([]);
  });
});
