import { describe, expect, it } from 'vitest';
import { ceiling, path } from '../components/chart';
import { backoff } from './backoff';
import { withFacet, withSeen } from './corrections';
import { acceptHistory, maxEntries, withEntry } from './history';
import type { Entry } from './history';
import { marginsOf } from './margins';
import { base64 } from './picture';
import { acceptSettings, defaults } from './settings';

describe('back-off', () => {
  it('doubles up to its end', () => {
    expect([1, 2, 3, 4, 5, 6, 99].map((failures) => backoff(failures, 15, () => 0.5))).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  it('spreads', () => {
    expect(backoff(3, 15, () => 0)).toBeCloseTo(3.2);
    expect(backoff(3, 15, () => 1)).toBeCloseTo(4.8);
  });
});

describe('corrections', () => {
  const base = { intent: 'party', goal: 'search', category: 'events', facets: { format: 'flyer', colors: 'red' } };

  it('change or remove a facet', () => {
    expect(withFacet(base, 'colors', ' blue ').facets).toEqual({ format: 'flyer', colors: 'blue' });
    expect(withFacet(base, 'colors', '').facets).toEqual({ format: 'flyer' });
    expect(base.facets.colors).toBe('red');
  });

  it('of what was seen reach intent and facets', () => {
    const seen = { tags: ['lantern', 'table'], palette: [{ name: 'navy', share: 0.5 }], kind: 'photo', writing: 'SUMMER' };
    expect(withSeen(base, seen, 'evening party')).toEqual({
      ...base, intent: 'evening party, lantern, table', facets: { format: 'flyer', subject: 'lantern, table', colors: 'navy', style: 'photo' },
    });
    expect(withSeen(base, seen, '').intent).toBe('lantern, table, SUMMER');
    expect(withSeen(base, { tags: [], palette: [], kind: '', writing: '' }, '').intent).toBe('party');
  });
});

describe('history', () => {
  const entry = (text: string, at: number, took: string[] = []): Entry => ({ text, intent: '', at, took });

  it('has the newest first, and a text once', () => {
    const entries = [entry('b', 2), entry('a', 1, ['x'])].reduceRight((all, one) => withEntry(all, one), [] as Entry[]);
    const again = withEntry(entries, entry('a', 3, ['y']));
    expect(again.map((one) => one.text)).toEqual(['a', 'b']);
    expect(again[0]?.took).toEqual(['y', 'x']);
  });

  it('does not list every keystroke', () => {
    const typed = ['ho', 'holiday', 'holiday sale'].reduce((all, text, i) => withEntry(all, entry(text, i * 500)), [] as Entry[]);
    expect(typed.map((one) => one.text)).toEqual(['holiday sale']);
  });

  it('is bounded, and nothing where the store holds nonsense', () => {
    let all: Entry[] = [];
    for (let i = 0; i < maxEntries + 20; ++i) all = withEntry(all, entry(`${i} x`, i));
    expect(all.length).toBe(maxEntries);
    expect(acceptHistory({})).toBeNull();
    expect(acceptHistory([null, 5, { text: 5 }, { text: 'a', took: [1, 'b'] }])).toEqual([{ text: 'a', intent: '', at: 0, took: ['b'] }]);
  });
});

describe('settings', () => {
  it('from the store lie in their ranges', () => {
    expect(acceptSettings({ tasks: ['image', 'poem', 'query'], words: { min: 9, max: 3 }, return: 12, n: 900 })).toEqual({
      tasks: ['query', 'image'], words: { min: 9, max: 9 }, return: 9, n: 32,
    });
    expect(acceptSettings({ tasks: [] })).toBeNull();
    expect(acceptSettings(defaults)).toEqual(defaults);
    expect(acceptSettings({ ...defaults, return: 0 })?.return).toBe(0);
  });
});

describe('pictures', () => {
  it('become base64, however large', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 256);
    expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(base64(new Uint8Array())).toBe('');
  });
});

describe('charts', () => {
  it('end at a round number', () => {
    expect([0, 1, 7, 12, 130, 200, 201, 900, Number.NaN].map(ceiling)).toEqual([1, 1, 8, 15, 150, 200, 300, 1000, 1]);
  });

  it('draw the newest value at the right end', () => {
    expect(path([0, 10], 3, 10, 100)).toBe('M300.0 100.0L600.0 0.0');
    expect(path([], 3, 10, 100)).toBe('');
  });
});

describe('margins', () => {
  const draw = (width: number, height: number, drawn: (x: number, y: number) => boolean) => {
    const rgba = new Uint8ClampedArray(4 * width * height);
    for (let i = 0; i < width * height; ++i) rgba[4 * i + 3] = drawn(i % width, Math.floor(i / width)) ? 255 : 0;
    return marginsOf(rgba, width, height);
  };

  it('are what lies around a drawing', () => {
    expect(draw(10, 4, (x, y) => x >= 2 && x < 5 && y === 1)).toEqual([0.25, 0.5, 0.5, 0.2]);
    expect(draw(3, 3, () => true)).toEqual([0, 0, 0, 0]);
  });

  it('are none of an empty page', () => {
    expect(draw(4, 4, () => false)).toBeNull();
  });
});
