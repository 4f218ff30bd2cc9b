import { describe, expect, it } from 'vitest';
import { SseParser, readEvents } from './sse';

const all = (pieces: string[]) => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('server-sent events', () => {
  const stream = 'event: text\ndata: {"a":1}\n\n: keep\n\nevent: done\r\ndata: x\r\ndata:y\r\n\r\ndata: z\r\r';
  const events = [
    { event: 'text', data: '{"a":1}' },
    { event: 'done', data: 'x\ny' },
    { event: 'message', data: 'z' },
  ];

  it('are the same however the stream is cut', () => {
    for (let at = 0; at <= stream.length; ++at) {
      expect(all([stream.slice(0, at), stream.slice(at), '\n'])).toEqual(events);
    }
    expect(all([...stream, '\n'])).toEqual(events);
  });

  it('may begin with a byte order mark', () => {
    expect(all(['\uFEFFdata: a\n\n'])).toEqual([{ event: 'message', data: 'a' }]);
  });

  it('without data are none', () => {
    expect(all(['event: text\n\n', 'id: 1\nretry: 2\nnonsense\n\n'])).toEqual([]);
  });

  it('that are not whole when the stream ends are none', () => {
    expect(all(['data: a'])).toEqual([]);
    expect(all(['data: a\n'])).toEqual([]);
  });

  it('without an end are refused before they fill the memory', () => {
    const piece = 'x'.repeat(1 << 18);
    expect(() => all(['data: ', piece, piece, piece, piece, piece])).toThrow('too long');
    expect(() => all(Array.from({ length: 6 }, () => `data: ${piece}\n`))).toThrow('too long');
  });

  it('hold characters that were cut in two', async () => {
    const bytes = new TextEncoder().encode('data: Käse 🧀\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(out) {
        for (const byte of bytes) out.enqueue(Uint8Array.of(byte));
        out.close();
      },
    });
    const read = [];
    for await (const event of readEvents(body)) read.push(event.data);
    expect(read).toEqual(['Käse 🧀']);
  });
});
