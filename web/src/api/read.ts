// Answers are read field by field: whatever a server sends, the page gets values of the types that it was written for.
import { tasks } from './types';
import type { Asset, Facets, Page, Seen, Status, Suggestion, Task, Understood } from './types';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const object = (value: unknown): Json => (isObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const texts = (value: unknown): string[] => list(value).map(text).filter((one) => one !== '');

const numbers = (value: unknown): Record<string, number> =>
  Object.fromEntries(Object.entries(object(value)).map(([name, share]) => [name, number(share)]));

export const task = (value: unknown): Task | null => tasks.find((one) => one === value) ?? null;

// A facet is a text; colours may come as a list.
export function readFacets(value: unknown): Facets {
  const facets: Facets = {};
  for (const [name, given] of Object.entries(object(value))) {
    const one = Array.isArray(given) ? texts(given).join(', ') : text(given);
    if (one !== '') facets[name] = one;
  }
  return facets;
}

// {name: share}, the largest share first
const shares = (value: unknown): { name: string; share: number }[] =>
  Object.entries(numbers(value)).map(([name, share]) => ({ name, share })).sort((a, b) => b.share - a.share);

const leastShare = 0.2; // of what may be on a picture: the server tells of far less likely things, too

function readSeen(value: unknown): Seen | null {
  if (!isObject(value)) return null;
  return {
    tags: shares(value.tags).filter((one) => one.share >= leastShare).map((one) => one.name),
    palette: shares(value.palette),
    kind: text(value.kind),
    writing: text(value.written),
  };
}

export function readUnderstood(value: unknown): Understood | null {
  if (!isObject(value)) return null;
  return {
    intent: text(value.intent),
    goal: text(value.goal),
    goals: numbers(value.goals),
    category: text(value.category),
    categories: numbers(value.categories),
    facets: readFacets(value.facets),
    language: text(value.language) || 'und',
    confidence: number(value.confidence),
    seen: readSeen(value.seen),
  };
}

export function readSuggestions(value: unknown): Suggestion[] {
  const read: Suggestion[] = [];
  for (const one of list(value).map(object)) {
    const of = task(one.task);
    if (of && text(one.text) !== '') {
      read.push({ task: of, text: text(one.text), words: number(one.words), score: number(one.score) });
    }
  }
  return read;
}

function readAsset(value: unknown): Asset {
  const one = object(value);
  return {
    id: text(one.id),
    title: text(one.title),
    description: text(one.description),
    tags: texts(one.tags),
    facets: Object.fromEntries(Object.entries(object(one.facets)).map(([name, values]) => [name, texts(values)])),
    because: text(one.because),
  };
}

// The answer of a search (`hits`) or of a recommendation (`recommendations`).
export function readPage(value: unknown): Page {
  const page = object(value);
  const corrections: Record<string, string> = {};
  for (const [typed, meant] of Object.entries(object(page.corrections))) corrections[typed] = text(meant);
  const assets = list(page.hits ?? page.recommendations).map(readAsset).filter((one) => one.id !== '');
  return { assets, found: number(page.found) || assets.length, next: text(page.next), corrections };
}

export function readStatus(value: unknown): Status {
  const one = object(value);
  const latency = object(one.latency_ms);
  return {
    ready: one.ready === true,
    model: text(one.model),
    assets: isObject(one.catalogue) ? number(one.catalogue.assets) : null,
    requestsPerSecond: number(one.requests_per_s),
    suggestionsPerSecond: number(one.suggestions_per_s),
    active: number(one.active),
    queued: number(one.queued),
    p50: number(latency.p50),
    p99: number(latency.p99),
    uptime: number(one.uptime_s),
    memory: number(one.rss_mb),
  };
}
