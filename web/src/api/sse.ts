// Server-sent events out of a fetch body (EventSource can neither POST nor send a header).

export interface SseEvent {
  event: string;
  data: string;
}

// A line or an event that is longer than this is no answer of updraft's.
const maxChars = 1 << 20;

// Takes the stream in pieces of any size, gives the events that are whole.
export class SseParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private chars = 0;
  private begun = false;

  push(piece: string): SseEvent[] {
    if (!this.begun && piece !== '') {
      this.begun = true;
      if (piece.startsWith('\uFEFF')) piece = piece.slice(1);
    }
    this.rest += piece;
    const events: SseEvent[] = [];
    for (;;) {
      const end = this.rest.search(/[\r\n]/);
      // A \r that ends the piece may be half of \r\n.
      if (end < 0 || (this.rest[end] === '\r' && end + 1 === this.rest.length)) break;
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + (this.rest.startsWith('\r\n', end) ? 2 : 1));
      const event = this.line(line);
      if (event) events.push(event);
    }
    if (this.rest.length > maxChars) throw new Error('an event of the stream is too long');
    return events;
  }

  private line(line: string): SseEvent | null {
    if (line === '') {
      const done = this.data.length > 0 ? { event: this.event || 'message', data: this.data.join('\n') } : null;
      this.event = '';
      this.data = [];
      this.chars = 0;
      return done;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return null; // a comment keeps the connection
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (name === 'event') this.event = value;
    if (name === 'data') {
      this.chars += value.length;
      if (this.chars > maxChars) throw new Error('an event of the stream is too long');
      this.data.push(value);
    }
    return null;
  }
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const parser = new SseParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
