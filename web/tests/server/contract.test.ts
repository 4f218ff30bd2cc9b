// The mock and the real server are asked the same things: both answer with the same status, and as the document says.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../src/api/sse';
import { Contract } from '../contract';
import { assets } from '../mock/pictures.mjs';
import { Mock } from '../mock/server.mjs';
import { Server } from '../program';
import { makeCatalogue } from './catalogue';

const drawing = assets.find((one) => one.id === 'party/garden.svg')?.picture ?? '';
const image = { data: Buffer.from(drawing).toString('base64') };
const event = {
  id: 'a-1', kind: 'like', user: 'u-1', session: 's-1', intent: 'holiday sale', task: 'query', prompt: 'red sale tag', position: 0, words: 3, return: 9,
  at: '2025-11-26T10:00:00.000Z',
};
const understood = { intent: 'forest hike', goal: 'generate', category: 'nature_animals', facets: { subject: 'forest', colors: 'green' } };
const suggest = { text: 'holiday sale', tasks: ['query', 'related', 'template', 'image'], n: 4, return: 9, stream: true };

// What the studio asks, and what it must not.
const asked: [string, string, string, unknown?][] = [
  ['the status', 'GET', '/v1/status'],
  ['an intent', 'POST', '/v1/intent', { text: 'pink flyer for a bake sale' }],
  ['an intent with a picture', 'POST', '/v1/intent', { text: 'invitation', image }],
  ['suggestions', 'POST', '/v1/suggest', suggest],
  ['suggestions of some length', 'POST', '/v1/suggest', { ...suggest, tasks: ['query'], words: { min: 2, max: 3 }, return: 5 }],
  ['suggestions for a picture', 'POST', '/v1/suggest', { ...suggest, text: undefined, image }],
  ['suggestions as corrected', 'POST', '/v1/suggest', { ...suggest, understood }],
  ['suggestions for the words as they are', 'POST', '/v1/suggest', { ...suggest, text: 'winter clearance', raw: true }],
  ['pictures', 'POST', '/v1/search', { text: 'christmas', queries: false, limit: 24 }],
  ['pictures for queries', 'POST', '/v1/search', { text: 'christmas', queries: ['christmas tree', 'red candle'], limit: 24 }],
  ['pictures for a picture', 'POST', '/v1/search', { image, queries: false, limit: 24 }],
  ['more like a picture', 'POST', '/v1/recommend', { assets: ['holiday/tree.svg'], limit: 24 }],
  ['more like it after what was done', 'POST', '/v1/recommend', { assets: ['holiday/tree.svg'], events: [{ asset: 'holiday/candle.svg', event: 'like', time: 1764150000 }], limit: 24 }],
  ['to store an event', 'POST', '/v1/feedback', { events: [event, { ...event, id: 'a-2', kind: 'click', asset: 'holiday/tree.svg' }] }],
  ['to store it again', 'POST', '/v1/feedback', { events: [event] }],
  ['to forget a user', 'DELETE', '/v1/users/u-1/events'],
  ['a picture that is none', 'GET', '/v1/assets/none/picture'],
  ['what is nowhere', 'GET', '/v1/nowhere'],
  ['suggestions for nothing', 'POST', '/v1/suggest', { ...suggest, text: ' ' }],
  ['suggestions with a field that is none', 'POST', '/v1/suggest', { ...suggest, colour: 'red' }],
  ['too many suggestions', 'POST', '/v1/suggest', { ...suggest, n: 33 }],
  ['suggestions of a task that is none', 'POST', '/v1/suggest', { ...suggest, tasks: ['poem'] }],
  ['suggestions of no length', 'POST', '/v1/suggest', { ...suggest, words: { min: 3, max: 2 } }],
  ['a correction with a field that is none', 'POST', '/v1/suggest', { ...suggest, understood: { ...understood, colour: 'red' } }],
  ['to search with a field that is none', 'POST', '/v1/search', { text: 'christmas', colour: 'red' }],
  ['more like what is none', 'POST', '/v1/recommend', { assets: ['none'] }],
  ['to store an event of a kind that is none', 'POST', '/v1/feedback', { events: [{ ...event, kind: 'yawn' }] }],
  ['to store an event of a task that is none', 'POST', '/v1/feedback', { events: [{ ...event, task: 'poem' }] }],
];

interface Answer {
  status: number;
  events: string[]; // their names
  problems: string[];
}

describe('the mock and the server', () => {
  let folder = '';
  let server: Server | undefined;
  let contract: Contract;
  const mock = new Mock();
  mock.behaviour = { ...mock.behaviour, firstMs: 0, tokenMs: 0 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'updraft-contract-'));
    server = new Server(['--catalogue', await makeCatalogue(folder), '--feedback', join(folder, 'feedback.sqlite')]);
    await server.start();
    await mock.start();
    contract = new Contract((await (await fetch(`${server.url}/openapi.json`)).json()) as Record<string, unknown>);
  }, 600_000);
  afterAll(async () => {
    await mock.stop();
    const code = await server?.stop();
    await rm(folder, { recursive: true, force: true });
    expect(code).toBe(0);
  }, 600_000);

  async function ask(url: string, method: string, path: string, body: unknown): Promise<Answer> {
    const response = await fetch(url + path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const { status } = response;
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      return { status, events: [], problems: contract.answer(method, path, status, await response.json()) };
    }
    const events: string[] = [];
    const problems: string[] = [];
    for await (const { event: name, data } of readEvents(response.body!)) {
      events.push(name);
      problems.push(...contract.event(name, JSON.parse(data)));
    }
    return { status, events, problems };
  }

  it.each(asked)('are asked for %s', async (_, method, path, body) => {
    const [real, mocked] = [await ask(server!.url, method, path, body), await ask(mock.url, method, path, body)];
    expect({ real: real.problems, mocked: mocked.problems }).toEqual({ real: [], mocked: [] });
    expect(mocked.status).toBe(real.status);
    // The document allows what is answered. (It cannot say that min is at most max.)
    const of = JSON.parse(JSON.stringify(body ?? null));
    if (body !== undefined && real.status === 200) expect(contract.request(method, path, of)).toEqual([]);
    const order = ({ events }: Answer) => ({ first: events[0], last: events.at(-1), all: [...new Set(events)].sort() });
    expect(order(mocked)).toEqual(order(real));
  }, 600_000);

  it('are judged by somebody who sees what is amiss', () => {
    expect(contract.event('done', { timings: { total_ms: 1 } })).not.toEqual([]);
    expect(contract.event('text', { task: 'query', index: 0, text: 'a', colour: 'red' })).not.toEqual([]);
    expect(contract.request('POST', '/v1/suggest', { ...suggest, text: 'x'.repeat(1001) })).not.toEqual([]);
    expect(contract.answer('POST', '/v1/feedback', 200, { stored: 1 })).not.toEqual([]);
    expect(contract.answer('POST', '/v1/search', 422, { error: 'no' })).not.toEqual([]);
    expect(contract.request('PUT', '/v1/suggest', {})).not.toEqual([]);
  });
});
