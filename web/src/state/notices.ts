// Short words to the person: for the eye (a toast) and for a screen reader (live regions).
import { signal } from '@preact/signals';

export interface Notice {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

export const notices = signal<Notice[]>([]);
export const spoken = signal('');

let last = 0;

export function notify(text: string, action?: Notice['action'], ms = 5000): void {
  const id = ++last;
  notices.value = [...notices.value.slice(-2), action ? { id, text, action } : { id, text }];
  setTimeout(() => close(id), ms);
}

export function close(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

// Said, not shown.
export function speak(text: string): void {
  spoken.value = text;
}
