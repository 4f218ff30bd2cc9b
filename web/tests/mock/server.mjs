#!/usr/bin/env node
// A server that holds to the HTTP contract of docs/api.md as far as the studio needs it, without a model: for the page
// tests, and to work on the studio (node tests/mock/server.mjs [PORT]). It can be slow, fail, ask for a key, go and come.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assets } from './pictures.mjs';
import { understand, write } from './words.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

// What docs/studio.md promises to run under, and trusted types: no text ever becomes markup.
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };
const tasks = ['query', 'related', 'template', 'image'];
const maxBody = 12 << 20;

class Refused extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }
}
const invalid = (message) => new Refused(422, 'invalid_argument', message);

function allow(body, fields) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('the body is an object');
  for (const name of Object.keys(body)) if (!fields.includes(name)) throw invalid(`there is no field '${name}'`);
}

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > maxBody) throw new Refused(413, 'too_large', 'the body is larger than 12 MB');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new Refused(400, 'invalid_argument', 'the body is no JSON');
  }
}

export class Mock {
  url = '';
  port = 0;
  // What the tests change and look at.
  /** @type {{ firstMs: number, tokenMs: number, keys: string[], fail: { path: string, status: number, code: string, message: string } | null, busy: number, catalogue: boolean }} */
  behaviour = { firstMs: 30, tokenMs: 12, keys: [], fail: null, busy: 0, catalogue: true };
  /** @type {Map<string, any>} */
  events = new Map(); // stored feedback, by id
  understood = new Set(); // what was typed or shown
  /** @type {{ path: string, body: any }[]} */
  posts = []; // {path, body} of every request with a body
  // Told of all that is asked and answered, where somebody holds it to the contract.
  /** @type {{ request: (method: string, path: string, body: any) => void, answer: (method: string, path: string, status: number, body: any) => void, event: (name: string, data: any) => void } | null} */
  watch = null;
  #running = new Map(); // session and path: the request that a newer one ends
  #server = null;
  #sockets = new Set();
  #began = Date.now();
  #samples = 0;

  async start(port = 0) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  // As a kill: connections break.
  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async back() {
    await this.start(this.port);
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, 'http://mock');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    try {
      if (pathname.startsWith('/v1/')) await this.#api(request, response, pathname);
      else if (pathname === '/metrics') response.setHeader('Content-Type', 'text/plain').end('# of the mock\nupdraft_requests_total 1\n');
      else await this.#file(response, pathname);
    } catch (error) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      const known = error instanceof Refused ? error : new Refused(500, 'internal', String(error));
      this.#json(response, { error: { code: known.code, message: known.message } }, known.status, known.headers);
    }
  }

  async #api(request, response, path) {
    const { keys, fail, busy } = this.behaviour;
    if (keys.length > 0 && !keys.includes((request.headers.authorization ?? '').replace(/^Bearer /, ''))) {
      throw new Refused(401, 'unauthorized', 'a key is needed: Authorization: Bearer KEY');
    }
    const body = request.method === 'POST' ? await readBody(request) : null;
    if (body) {
      this.posts.push({ path, body });
      this.watch?.request(request.method, path, body);
    }
    if (fail && path === fail.path) throw new Refused(fail.status, fail.code, fail.message);
    if (busy > 0 && path === '/v1/suggest') {
      this.behaviour.busy -= 1;
      throw new Refused(429, 'busy', 'too many requests wait', { 'Retry-After': '1' });
    }
    const route = `${request.method} ${path}`;
    if (route === 'POST /v1/suggest') return this.#suggest(request, response, body);
    if (route === 'POST /v1/intent') {
      allow(body, ['text', 'image']);
      return this.#json(response, understand(body.text ?? '', body.image));
    }
    if (route === 'POST /v1/search') return this.#search(response, body);
    if (route === 'POST /v1/recommend') return this.#recommend(response, body);
    if (route === 'POST /v1/feedback') return this.#feedback(response, body);
    if (route === 'GET /v1/status') return this.#status(response);
    if (request.method === 'DELETE' && /^\/v1\/users\/[^/]+\/events$/.test(path)) {
      const user = decodeURIComponent(path.split('/')[3]);
      const mine = [...this.events.values()].filter((one) => one.user === user);
      for (const one of mine) this.events.delete(one.id);
      return this.#json(response, { deleted: mine.length });
    }
    const picture = /^\/v1\/assets\/([^/]+)\/picture$/.exec(path);
    const asset = picture && assets.find((one) => one.id === decodeURIComponent(picture[1]));
    if (!asset) throw new Refused(404, 'not_found', 'there is nothing here');
    response.setHeader('Content-Type', 'image/svg+xml').setHeader('Content-Security-Policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    response.end(asset.picture);
  }

  async #suggest(request, response, body) {
    allow(body, ['text', 'image', 'tasks', 'n', 'words', 'return', 'seed', 'temperature', 'candidates', 'understood', 'raw', 'stream']);
    if (body.text === undefined ? !body.image && !body.understood : typeof body.text !== 'string' || body.text.trim() === '') throw invalid('text: say what is wanted');
    if (body.image && typeof body.image.data !== 'string') throw invalid('image: data is the picture in base64');
    if (body.understood) allow(body.understood, ['intent', 'goal', 'category', 'facets']);
    if (body.words && !(body.words.min >= 1 && body.words.max >= body.words.min)) throw invalid('words: min is 1 at least, max not below it');
    const n = body.n ?? 8;
    if (!(n >= 1 && n <= 32)) throw invalid('n is 1 to 32');
    const wanted = body.tasks ?? tasks;
    if (!Array.isArray(wanted) || wanted.some((one) => !tasks.includes(one))) throw invalid(`tasks are ${tasks.join(', ')}`);

    let ended = false;
    const session = request.headers['x-updraft-session'];
    const send = (event, data) => {
      if (ended) return;
      this.watch?.event(event, data);
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    response.on('close', () => (ended = true));
    if (session) {
      this.#running.get(session)?.();
      this.#running.set(session, () => {
        if (ended) return;
        send('error', { error: { code: 'cancelled', message: 'a newer request took its place' } });
        ended = true;
        response.end();
      });
    }
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': \n\n');
    const { firstMs, tokenMs } = this.behaviour;
    await wait(firstMs);
    const understood = body.raw ? null : { ...understand(body.text ?? '', body.understood ? undefined : body.image), ...body.understood };
    const intent = understood?.intent || body.text || 'a picture';
    // As the server does where nobody else waits: until it is understood for the first time, some texts of the first task
    // begin to grow for what was typed.
    const typed = JSON.stringify([body.text, body.image]);
    if (understood && !body.understood && !this.understood.has(typed) && wanted.length > 0) {
      for (const [index, one] of write(wanted[0], body.text ?? 'a picture', Math.min(n, 4), body.words).entries()) {
        send('text', { task: wanted[0], index, text: one.text.split(/\s+/)[0] });
      }
      this.understood.add(typed);
    }
    if (understood) send('understood', understood);
    const lanes = wanted.map((task) => ({ task, suggestions: write(task, intent, n, body.words) }));
    const longest = Math.max(0, ...lanes.flatMap((lane) => lane.suggestions.map((one) => one.words)));
    for (let word = 1; word <= longest && !ended; ++word) {
      for (const { task, suggestions } of lanes) {
        const all = Math.max(0, ...suggestions.map((one) => one.words));
        if (word > all) continue;
        suggestions.forEach((one, index) => {
          if (word <= one.words) send('text', { task, index, text: one.text.split(/\s+/).slice(0, word).join(' ') });
        });
        if (word === all) send('suggestions', { task, suggestions });
      }
      await wait(tokenMs);
    }
    for (const { task, suggestions } of lanes) if (suggestions.length === 0) send('suggestions', { task, suggestions });
    const decoded = lanes.flatMap((lane) => lane.suggestions).reduce((sum, one) => sum + one.words, 0);
    send('done', {
      intent, candidates: 4, cached: false,
      timings: {
        load_ms: 0, prefill_ms: firstMs, decode_ms: longest * tokenMs, choice_ms: 0, total_ms: firstMs + longest * tokenMs,
        prompt_tokens: 40, decoded_tokens: 4 * decoded, peak_rss_mb: 186,
      },
    });
    if (!ended) response.end();
    ended = true;
  }

  #page(found, score) {
    const { picture: _, ...asset } = found;
    return { ...asset, score };
  }

  #search(response, body) {
    allow(body, ['text', 'image', 'queries', 'filters', 'limit', 'cursor', 'explain', 'facets']);
    if (!this.behaviour.catalogue) throw new Refused(503, 'unavailable', 'there is no catalogue', { 'Retry-After': '1' });
    const words = [body.text ?? '', ...(Array.isArray(body.queries) ? body.queries : [])].join(' ').toLowerCase().split(/[^a-z]+/);
    const all = assets
      .map((one) => ({ one, score: one.tags.filter((tag) => words.includes(tag)).length + (body.image && one.tags.includes('garden') ? 3 : 0) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const from = Number(body.cursor ?? 0);
    const limit = Math.min(body.limit ?? 20, 12); // so that there is a second page
    const hits = all.slice(from, from + limit).map(({ one, score }) => this.#page(one, score / 10));
    this.#json(response, {
      text: body.text ?? '', queries: [], corrections: {}, found: all.length,
      next: from + limit < all.length ? String(from + limit) : '', hits, facets: {}, timings: { encode_ms: 2, total_ms: 6 },
    });
  }

  #recommend(response, body) {
    allow(body, ['text', 'image', 'assets', 'events', 'lambda', 'limit', 'filters']);
    const like = assets.find((one) => one.id === body.assets?.[0]);
    if (!like) throw new Refused(404, 'not_found', 'there is no such asset');
    const near = assets
      .filter((one) => one !== like)
      .map((one) => ({ one, score: one.tags.filter((tag) => like.tags.includes(tag)).length }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, body.limit ?? 20);
    this.#json(response, {
      text: '', queries: [], like: [like.id], corrections: {}, unknown: [],
      recommendations: near.map(({ one, score }) => ({ ...this.#page(one, score / 8), reasons: [{ kind: 'like', share: 1, asset: like.id }], because: `because it is like '${like.title}'` })),
      timings: { encode_ms: 0, total_ms: 4 },
    });
  }

  #feedback(response, body) {
    allow(body, ['events']);
    if (!Array.isArray(body.events) || body.events.length > 1000) throw invalid('events: 1,000 at most');
    let stored = 0;
    for (const event of body.events) {
      allow(event, ['id', 'kind', 'user', 'session', 'intent', 'task', 'prompt', 'position', 'words', 'return', 'asset', 'at']);
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(event.id)) throw invalid('id: 1 to 64 of [A-Za-z0-9_-]');
      if (!['impression', 'click', 'like', 'insert', 'dismiss'].includes(event.kind)) throw invalid(`there is no kind '${event.kind}'`);
      if (!tasks.includes(event.task)) throw invalid(`there is no task '${event.task}'`);
    }
    for (const event of body.events) {
      if (!this.events.has(event.id)) ++stored;
      this.events.set(event.id, event);
    }
    this.#json(response, { stored, known: body.events.length - stored });
  }

  // Figures that move as a day's do, the same ones on each run.
  #status(response) {
    const t = ++this.#samples;
    const wave = (a, b) => Math.sin(t / a) + 0.5 * Math.sin(t / b) + 0.3 * Math.sin(t * 1.7);
    const requests = 42 + 9 * wave(9, 3.1);
    const p50 = 96 + 9 * wave(7, 2.3);
    this.#json(response, {
      ready: true, model: 'updraft-135m', catalogue: this.behaviour.catalogue ? { assets: 7458 } : null,
      requests_per_s: requests, suggestions_per_s: requests * 7.4, active: Math.max(0, Math.round(4 + 2 * wave(4, 2))), queued: Math.max(0, Math.round(wave(5, 2) * 1.2)),
      latency_ms: { p50, p99: p50 * 2 + 14 * wave(3, 1.3) }, uptime_s: 5 * 3600 + Math.round((Date.now() - this.#began) / 1000), rss_mb: 186 + 0.6 * wave(20, 8),
    });
  }

  async #file(response, pathname) {
    const path = normalize(join(dist, pathname === '/' ? 'index.html' : decodeURIComponent(pathname)));
    const found = path.startsWith(dist) && (await stat(path).catch(() => null))?.isFile();
    if (!found) throw new Refused(404, 'not_found', 'there is nothing here');
    response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Permissions-Policy', 'camera=(self)');
    createReadStream(path).pipe(response);
  }

  #json(response, value, status = 200, headers = {}) {
    if (response.destroyed) return;
    this.watch?.answer(response.req.method, new URL(response.req.url, 'http://mock').pathname, status, value);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await new Mock().start(Number(process.argv[2] ?? 8080));
  console.log(`the mock answers at ${mock.url}`);
}
