import { describe, expect, it } from 'vitest';
import { readPage, readStatus, readSuggestions, readUnderstood } from './read';

const nonsense = [null, 1, 'x', [], {}, { hits: 5, suggestions: 'no' }, { hits: [null, 3, { id: 7 }] }, { facets: [1], goals: 'a' }];

describe('answers', () => {
  it('of any form are read without a failure', () => {
    for (const one of nonsense) {
      expect(readPage(one).assets).toEqual([]);
      expect(readSuggestions(one)).toEqual([]);
      expect(readStatus(one).assets).toBeNull();
      readUnderstood(one);
    }
  });

  it('tell what was understood and seen', () => {
    const understood = readUnderstood({
      intent: 'a', goal: 'search', facets: { colors: ['red', 'green'], format: 'flyer', mood: 3 }, confidence: 0.5,
      seen: { tags: { window: 0.4, cat: 0.9, boat: 0.03 }, palette: { navy: 0.4 }, kind: 'photo', written: 'SALE' },
    });
    expect(understood?.facets).toEqual({ colors: 'red, green', format: 'flyer' });
    expect(understood?.language).toBe('und');
    expect(understood?.seen).toEqual({ tags: ['cat', 'window'], palette: [{ name: 'navy', share: 0.4 }], kind: 'photo', writing: 'SALE' });
  });

  it('leave out suggestions of unknown tasks', () => {
    const read = readSuggestions([{ task: 'query', text: 'a', words: 1, score: 0.5 }, { task: 'poem', text: 'b' }, { task: 'query' }]);
    expect(read.map((one) => one.text)).toEqual(['a']);
  });
});
