// Events wait here until the server has them on disk: across failures, reloads and tabs. Their ids are the server's
// means of knowing them again, so sending one twice does no harm.
import { ApiError } from '../api/client';
import type { FeedbackEvent } from '../api/types';
import { object, text } from '../api/read';
import { backoff } from './backoff';
import { load, save } from './storage';
import type { Store } from './storage';

export const maxQueued = 200;
const maxBatch = 100;
const name = 'feedback';

interface Queued extends FeedbackEvent {
  notBefore?: number; // ms: until then it can be taken back
}

export interface Ports {
  send: (events: FeedbackEvent[], leaving: boolean) => Promise<void>;
  later: (ms: number, what: () => void) => void;
  now: () => number;
  random?: () => number;
  store?: Store | null;
  onChange?: (waiting: number) => void;
}

const accept = (value: unknown): Queued[] | null =>
  Array.isArray(value) ? value.filter((one) => text(object(one).id) !== '') : null;

export class FeedbackQueue {
  private failures = 0;
  private sending = false;
  private due = false;
  private batch = maxBatch;

  constructor(private readonly ports: Ports) {}

  get waiting(): number {
    return this.read().length;
  }

  // Nothing is lost but the oldest impressions, when far too many wait. An event that is there already stays one.
  add(event: FeedbackEvent, holdMs = 0): void {
    const queue = this.read();
    if (queue.some((one) => one.id === event.id)) return;
    queue.push(holdMs > 0 ? { ...event, notBefore: this.ports.now() + holdMs } : event);
    while (queue.length > maxQueued) {
      const impression = queue.findIndex((one) => one.kind === 'impression');
      queue.splice(Math.max(impression, 0), 1);
    }
    this.write(queue);
    this.schedule(Math.max(holdMs, 1000));
  }

  // Takes an event back that was not sent yet.
  remove(id: string): void {
    this.write(this.read().filter((one) => one.id !== id));
  }

  clear(): void {
    this.write([]);
  }

  // As when the server is back.
  async flush(leaving = false): Promise<void> {
    if (this.sending && !leaving) return;
    const ready = this.read().filter((one) => leaving || (one.notBefore ?? 0) <= this.ports.now());
    const events = ready.slice(0, this.batch).map(({ notBefore: _, ...event }) => event);
    if (events.length === 0) {
      if (this.waiting > 0 && !leaving) this.schedule(1000); // those that are held
      return;
    }
    this.sending = true;
    try {
      await this.ports.send(events, leaving);
      this.failures = 0;
      this.batch = maxBatch;
      this.drop(events);
    } catch (error) {
      this.failed(error, events);
    } finally {
      this.sending = false;
    }
    if (this.waiting > 0 && !leaving) this.schedule(this.failures === 0 ? 1000 : backoff(this.failures, 60, this.ports.random) * 1000);
  }

  private failed(error: unknown, events: FeedbackEvent[]): void {
    if (error instanceof ApiError && error.kind === 'refused') {
      // One of them is what the server does not take: smaller batches find it, and it alone goes.
      if (events.length > 1) this.batch = Math.ceil(events.length / 2);
      else this.drop(events);
      return;
    }
    this.failures += 1;
  }

  private schedule(ms: number): void {
    if (this.due) return;
    this.due = true;
    this.ports.later(ms, () => {
      this.due = false;
      void this.flush();
    });
  }

  private drop(events: FeedbackEvent[]): void {
    const gone = new Set(events.map((one) => one.id));
    this.write(this.read().filter((one) => !gone.has(one.id)));
  }

  // Read anew each time: another tab may have written. Without a store the page's own memory has to do.
  private memory: Queued[] = [];
  private read(): Queued[] {
    if (this.ports.store === null) return this.memory.slice();
    return load(name, accept, this.ports.store) ?? [];
  }

  private write(queue: Queued[]): void {
    this.memory = queue;
    if (this.ports.store !== null) save(name, queue, this.ports.store);
    this.ports.onChange?.(queue.length);
  }
}
