// The server, as the studio talks to it: keys, sessions, time limits, and errors of one kind.
import { number, object, text } from './read';
import { readEvents } from './sse';
import type { SseEvent } from './sse';

export type ErrorKind =
  | 'gone' // nobody answers
  | 'unauthorized' // a key is needed, or another one
  | 'busy' // try again after `retryAfter` seconds
  | 'cancelled' // by a newer request of ours
  | 'refused' // our request is wrong: trying again is in vain
  | 'missing' // there is no such thing, or not in this server
  | 'unavailable' // not now
  | 'failed';

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

export interface Options {
  base?: string;
  session: string;
  key: () => string;
  // Told after each request: whether somebody answered at all.
  onContact?: (reached: boolean) => void;
  onUnauthorized?: () => void;
  fetch?: typeof fetch;
}

interface Sent {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
  keepalive?: boolean;
  stream?: boolean;
  timeout?: number; // ms
}

const kindOf = (status: number, code: string): ErrorKind => {
  if (code === 'cancelled') return 'cancelled';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429 || code === 'busy') return 'busy';
  if (status === 404) return 'missing';
  if (status === 503 || code === 'unavailable') return 'unavailable';
  if (status === 400 || status === 413 || status === 422) return 'refused';
  return 'failed';
};

// Of an error object, in a body or in a stream.
export function errorOf(body: unknown, status = 0, retryAfter = 0): ApiError {
  const error = object(object(body).error ?? body);
  let kind = kindOf(status, text(error.code));
  // A server that will have it in a moment says when; what it was started without comes at no time.
  if (status === 503 && kind === 'unavailable' && retryAfter === 0) kind = 'missing';
  const message = text(error.message) || `the server answered ${status || 'with an error'}`;
  return new ApiError(kind, message, kind === 'busy' || kind === 'unavailable' ? Math.min(Math.max(retryAfter, 1), 60) : 0);
}

export class Client {
  constructor(private readonly options: Options) {}

  url(path: string): string {
    return (this.options.base ?? '') + path;
  }

  pictureUrl(id: string): string {
    return this.url(`/v1/assets/${encodeURIComponent(id)}/picture`);
  }

  // Errors: ApiError; an abort of `signal` is `cancelled`.
  async get(path: string, sent: Sent = {}): Promise<unknown> {
    return this.json(path, { ...sent, method: 'GET' });
  }

  async post(path: string, body: unknown, sent: Sent = {}): Promise<unknown> {
    return this.json(path, { ...sent, method: 'POST', body });
  }

  async delete(path: string): Promise<unknown> {
    return this.json(path, { method: 'DELETE' });
  }

  async blob(path: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.send(path, { signal })).blob();
  }

  // An `error` event ends the stream as an ApiError.
  async *stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<SseEvent> {
    const response = await this.send(path, { method: 'POST', body, signal, stream: true });
    if (!response.body) throw new ApiError('failed', 'the server sent no stream');
    try {
      for await (const event of readEvents(response.body)) {
        if (event.event === 'error') throw errorOf(parse(event.data));
        yield event;
      }
    } catch (error) {
      throw this.told(error, signal);
    }
  }

  private async json(path: string, sent: Sent): Promise<unknown> {
    const response = await this.send(path, { timeout: 15_000, ...sent });
    try {
      return await response.json();
    } catch (error) {
      throw error instanceof SyntaxError ? new ApiError('failed', 'the server answered no JSON') : this.told(error, sent.signal);
    }
  }

  private async send(path: string, sent: Sent): Promise<Response> {
    const headers: Record<string, string> = { 'X-Updraft-Session': this.options.session };
    if (sent.body !== undefined) headers['Content-Type'] = 'application/json';
    if (sent.stream) headers.Accept = 'text/event-stream';
    const key = this.options.key();
    if (key !== '') headers.Authorization = `Bearer ${key}`;
    const signals = [sent.signal, sent.timeout === undefined ? undefined : AbortSignal.timeout(sent.timeout)];
    let response: Response;
    try {
      response = await (this.options.fetch ?? fetch)(this.url(path), {
        method: sent.method ?? 'GET',
        headers,
        body: sent.body === undefined ? undefined : JSON.stringify(sent.body),
        signal: AbortSignal.any(signals.filter((one) => one !== undefined)),
        keepalive: sent.keepalive ?? false,
      });
    } catch (error) {
      throw this.told(error, sent.signal);
    }
    // A proxy whose server is gone answers for it.
    const reached = ![502, 503, 504].includes(response.status) || response.headers.get('content-type')?.includes('json') === true;
    this.options.onContact?.(reached);
    if (response.ok) return response;
    const body = parse(await response.text().catch(() => ''));
    const error = reached
      ? errorOf(body, response.status, number(Number(response.headers.get('retry-after'))))
      : new ApiError('gone', 'the server cannot be reached');
    if (error.kind === 'unauthorized') this.options.onUnauthorized?.();
    throw error;
  }

  private told(error: unknown, signal?: AbortSignal): ApiError {
    if (error instanceof ApiError) return error;
    if (signal?.aborted) return new ApiError('cancelled', 'cancelled');
    this.options.onContact?.(false);
    return new ApiError('gone', 'the server cannot be reached');
  }
}

export function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
