// The objects of the HTTP contract (docs/api.md), as far as the studio reads them.

export const tasks = ['query', 'related', 'template', 'image'] as const;
export type Task = (typeof tasks)[number];

export const goals = ['search', 'template', 'generate', 'recommend'] as const;

export const categories = [
  'art_design', 'beauty_fashion', 'business', 'civic', 'community_nonprofit', 'education', 'events', 'family_kids',
  'fantasy_scifi', 'finance', 'food_drink', 'games', 'health_fitness', 'holidays', 'home_realestate', 'lifestyle',
  'music_entertainment', 'nature_animals', 'religion_culture', 'retail', 'science', 'sports', 'technology',
  'transport', 'travel_places',
] as const;

export const facetNames = ['format', 'occasion', 'subject', 'style', 'mood', 'colors', 'audience'] as const;

export type Facets = Record<string, string>;

// What was seen on a picture.
export interface Seen {
  tags: string[];
  palette: { name: string; share: number }[];
  kind: string;
  writing: string;
}

export interface Understood {
  intent: string;
  goal: string;
  goals: Record<string, number>;
  category: string;
  categories: Record<string, number>;
  facets: Facets;
  language: string;
  confidence: number;
  seen: Seen | null;
}

// A person's corrections: used instead of what would be detected.
export interface Corrected {
  intent: string;
  goal: string;
  category: string;
  facets: Facets;
}

export interface Suggestion {
  task: Task;
  text: string;
  words: number;
  score: number;
}

export interface Asset {
  id: string;
  title: string;
  description: string;
  tags: string[];
  facets: Record<string, string[]>;
  because: string; // why it was recommended; empty for a hit of a search
}

export interface Page {
  assets: Asset[];
  found: number;
  next: string;
  corrections: Record<string, string>; // typed word: what was searched instead
}

export interface Status {
  ready: boolean;
  model: string;
  assets: number | null; // null: there is no catalogue
  requestsPerSecond: number;
  suggestionsPerSecond: number;
  active: number;
  queued: number;
  p50: number;
  p99: number;
  uptime: number;
  memory: number; // MB
}

export type FeedbackKind = 'impression' | 'click' | 'like' | 'insert' | 'dismiss';

export interface FeedbackEvent {
  id: string;
  kind: FeedbackKind;
  user: string;
  session: string;
  intent: string;
  task: Task;
  prompt: string;
  position: number;
  words: number;
  return: number;
  asset?: string;
  at: string;
}

export interface SuggestRequest {
  text?: string; // none: a picture says all
  image?: { data: string };
  tasks: Task[];
  n: number;
  words?: { min: number; max: number };
  return: number;
  understood?: Corrected;
  raw?: boolean;
  stream: true;
}
