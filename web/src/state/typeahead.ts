// What is shown of a request while it runs. A pure function of what came: answers of older requests change nothing, and
// what an older request brought stays in place, marked as stale, until the newer one has something to show.
import type { ErrorKind } from '../api/client';
import type { Suggestion, Task, Understood } from '../api/types';

export interface Shown extends Suggestion {
  uid: string; // of this showing: events about it are named by it
  position: number;
}

export interface Lane {
  growing: string[]; // texts as they grow; empty once the chosen ones are there
  chosen: Shown[];
  done: boolean;
}

export interface Failure {
  kind: ErrorKind;
  message: string;
}

export interface TypeAhead {
  request: number;
  phase: 'idle' | 'waiting' | 'streaming' | 'done' | 'failed';
  stale: boolean;
  understood: Understood | null; // null also where the words are taken as they are
  intent: string; // what the suggestions are for; empty until all of them are there
  lanes: Partial<Record<Task, Lane>>;
  firstMs: number | null; // from the key that was hit to the first text
  totalMs: number | null;
  failure: Failure | null;
}

export type Step =
  | { kind: 'reset' }
  | { kind: 'started'; request: number; tasks: Task[] }
  | { kind: 'understood'; request: number; understood: Understood | null }
  | { kind: 'text'; request: number; task: Task; index: number; text: string; atMs: number }
  | { kind: 'chosen'; request: number; task: Task; suggestions: Shown[]; atMs: number }
  | { kind: 'done'; request: number; intent: string; atMs: number }
  | { kind: 'failed'; request: number; failure: Failure };

export const nothing: TypeAhead = {
  request: 0,
  phase: 'idle',
  stale: false,
  understood: null,
  intent: '',
  lanes: {},
  firstMs: null,
  totalMs: null,
  failure: null,
};

export const emptyLane: Lane = { growing: [], chosen: [], done: false };

const maxGrowing = 32; // n is 32 at most

function lanesFor(state: TypeAhead, tasks: Task[]): TypeAhead['lanes'] {
  return Object.fromEntries(tasks.map((task) => [task, state.lanes[task] ?? emptyLane]));
}

// The first thing that a request has to show takes the place of what an older one left in that lane.
function laneOf(state: TypeAhead, task: Task): Lane {
  const lane = state.lanes[task] ?? emptyLane;
  return lane.done && state.stale ? emptyLane : lane;
}

export function step(state: TypeAhead, what: Step): TypeAhead {
  if (what.kind === 'reset') return { ...nothing, request: state.request };
  if (what.kind === 'started') {
    const stale = Object.values(state.lanes).some((lane) => lane.chosen.length > 0 || lane.growing.length > 0);
    const lanes = Object.fromEntries(
      Object.entries(lanesFor(state, what.tasks)).map(([task, lane]) => [task, { ...lane, done: true }]),
    );
    return { ...state, request: what.request, phase: 'waiting', stale, lanes, intent: '', firstMs: null, totalMs: null, failure: null };
  }
  if (what.request !== state.request) return state;
  const first = (atMs: number) => state.firstMs ?? atMs;
  switch (what.kind) {
    case 'understood':
      return { ...state, understood: what.understood };
    case 'text': {
      const lane = laneOf(state, what.task);
      if (what.index < 0 || what.index >= maxGrowing) return state;
      const growing = lane.growing.slice();
      growing[what.index] = what.text;
      const lanes = { ...state.lanes, [what.task]: { growing: Array.from(growing, (one) => one ?? ''), chosen: [], done: false } };
      return { ...state, phase: 'streaming', lanes, firstMs: first(what.atMs) };
    }
    case 'chosen': {
      const lanes = { ...state.lanes, [what.task]: { growing: [], chosen: what.suggestions, done: false } };
      return { ...state, phase: 'streaming', lanes, firstMs: first(what.atMs) };
    }
    case 'done': {
      // A lane that the stream said nothing of has nothing.
      const lanes = Object.fromEntries(
        Object.entries(state.lanes).map(([task, lane]) => [
          task,
          lane.done && state.stale ? { ...emptyLane, done: true } : { ...lane, growing: [], done: true },
        ]),
      );
      return { ...state, phase: 'done', stale: false, lanes, intent: what.intent, totalMs: what.atMs };
    }
    case 'failed':
      return { ...state, phase: 'failed', failure: what.failure };
  }
}

export const isOld = (state: TypeAhead, lane: Lane): boolean => state.stale && lane.done;
