// localStorage that may be full, forbidden or hold nonsense: then nothing is kept, and everything else goes on.

export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const prefix = 'updraft.';

function browserStore(): Store | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

// `accept` gives null for what is not of the form that is wanted.
export function load<T>(name: string, accept: (value: unknown) => T | null, store: Store | null = browserStore()): T | null {
  try {
    const json = store?.getItem(prefix + name);
    return json == null ? null : accept(JSON.parse(json));
  } catch {
    return null;
  }
}

export function save(name: string, value: unknown, store: Store | null = browserStore()): void {
  try {
    if (value === null) store?.removeItem(prefix + name);
    else store?.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Full or forbidden.
  }
}
