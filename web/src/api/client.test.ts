import { describe, expect, it } from 'vitest';
import { ApiError, Client } from './client';
import type { Options } from './client';

const answer = (status: number, body: string, headers: Record<string, string> = {}) =>
  (async () => new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } })) as unknown as typeof fetch;

const client = (fetch_: typeof fetch, more: Partial<Options> = {}) =>
  new Client({ session: 's', key: () => '', fetch: fetch_, ...more });

const errorOf = async (what: Promise<unknown>): Promise<ApiError> => {
  const error = await what.then(() => null, (caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

describe('the client', () => {
  it('sends session and key', async () => {
    let sent: RequestInit | undefined;
    const spy = (async (_: unknown, init?: RequestInit) => {
      sent = init;
      return new Response('{}');
    }) as unknown as typeof fetch;
    await client(spy, { key: () => 'secret' }).post('/v1/intent', { text: 'a' });
    expect(sent?.headers).toMatchObject({ 'X-Updraft-Session': 's', Authorization: 'Bearer secret' });
  });

  it('tells what a failure is, with the server’s words', async () => {
    const error = (code: string, message: string) => JSON.stringify({ error: { code, message } });
    const cases = [
      [422, error('invalid_argument', 'n is 1 to 32'), 'refused'],
      [401, error('unauthorized', 'a key is needed'), 'unauthorized'],
      [404, error('not_found', 'no such asset'), 'missing'],
      [409, error('cancelled', 'a newer one'), 'cancelled'],
      [500, error('internal', 'oh'), 'failed'],
      [500, 'no json', 'failed'],
    ] as const;
    for (const [status, body, kind] of cases) {
      expect((await errorOf(client(answer(status, body)).get('/v1/status'))).kind).toBe(kind);
    }
    expect((await errorOf(client(answer(422, cases[0][1])).get('/'))).message).toBe('n is 1 to 32');
  });

  it('waits as long as a busy server asks, within reason', async () => {
    const body = JSON.stringify({ error: { code: 'busy', message: 'wait' } });
    expect((await errorOf(client(answer(429, body, { 'retry-after': '3' })).get('/'))).retryAfter).toBe(3);
    expect((await errorOf(client(answer(429, body, { 'retry-after': '86400' })).get('/'))).retryAfter).toBe(60);
    expect((await errorOf(client(answer(429, body)).get('/'))).retryAfter).toBe(1);
  });

  it('knows a server that is gone from one that says no', async () => {
    const contacts: boolean[] = [];
    const onContact = (reached: boolean) => void contacts.push(reached);
    const broken = (async () => {
      throw new TypeError('fetch failed');
    }) as unknown as typeof fetch;
    expect((await errorOf(client(broken, { onContact }).get('/'))).kind).toBe('gone');
    expect((await errorOf(client(answer(502, '<html>', { 'content-type': 'text/html' }), { onContact }).get('/'))).kind).toBe('gone');
    const unavailable = '{"error":{"code":"unavailable","message":"loading"}}';
    expect((await errorOf(client(answer(503, unavailable, { 'retry-after': '1' }), { onContact }).get('/'))).kind).toBe('unavailable');
    expect((await errorOf(client(answer(503, unavailable), { onContact }).get('/'))).kind).toBe('missing'); // and never will be there
    expect(contacts).toEqual([false, false, true, true]);
  });

  it('ends a stream at its error event', async () => {
    const body = 'event: understood\ndata: {}\n\nevent: error\ndata: {"error":{"code":"cancelled","message":"newer"}}\n\nevent: done\ndata: {}\n\n';
    const seen: string[] = [];
    const read = async () => {
      for await (const { event } of client(answer(200, body)).stream('/v1/suggest', {}, new AbortController().signal)) seen.push(event);
    };
    expect((await errorOf(read())).kind).toBe('cancelled');
    expect(seen).toEqual(['understood']);
  });

  it('names any asset in an address', () => {
    expect(client(answer(200, '')).pictureUrl('a/b?c#d %')).toBe('/v1/assets/a%2Fb%3Fc%23d%20%25/picture');
  });
});
