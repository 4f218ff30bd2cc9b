// What things are called on the page.
import type { Task } from '../api/types';
import type { IconName } from './icons';

export const taskNames: Record<Task, { title: string; icon: IconName; what: string }> = {
  query: { title: 'Search queries', icon: 'search', what: 'to find it' },
  related: { title: 'Related ideas', icon: 'related', what: 'that go with it' },
  template: { title: 'Templates', icon: 'template', what: 'to design it' },
  image: { title: 'Image prompts', icon: 'image', what: 'to generate it' },
};

export const goalNames: Record<string, string> = {
  search: 'Find something',
  template: 'Design something',
  generate: 'Generate a picture',
  recommend: 'Get ideas',
};

// "food_drink": "Food & drink"
export function readable(name: string): string {
  if (name === 'colors') return 'Colours'; // as the contract spells it, and as the page does
  const words = name.replaceAll('_', ' & ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function languageName(code: string): string {
  if (code === 'und' || code === '') return 'Unclear';
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

// The colour words of intents, as they look; a word that is none of them has no swatch.
const swatches: Record<string, string> = {
  red: '#d0342c', orange: '#ee7f2b', yellow: '#f2c230', green: '#3f9b4b', teal: '#1f8a8a', blue: '#2f6fd0', navy: '#1c2f5e',
  purple: '#7c4bb0', pink: '#ec86ab', brown: '#7d5136', black: '#1a1a1c', grey: '#8b8f96', gray: '#8b8f96', white: '#ffffff',
  gold: '#cfa13a', silver: '#b9bec6', beige: '#e2d3b5', cream: '#f5ecd2', turquoise: '#3fc1b8', violet: '#8a63d2',
  magenta: '#c9369b', maroon: '#7b2233', olive: '#7c7d35', cyan: '#39b7d6', peach: '#f7b48e', lavender: '#bfa8e6',
  mint: '#a5dcc0', coral: '#f4775f', burgundy: '#6d1f33', 'light blue': '#9cc9f0', 'dark blue': '#1f3d7a',
  'dark green': '#1e5c35', 'light green': '#a6d88f', tan: '#cfae83', rose: '#e0748c', indigo: '#46409b', charcoal: '#3a3d42',
};
export const swatch = (name: string): string | null => swatches[name.toLowerCase()] ?? null;
