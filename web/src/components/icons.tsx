// Drawn by us, on a grid of 20, one stroke wide.

const paths = {
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17',
  related: 'M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM14 16.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 7.5l4 5M14 5.5h2M15 4.5v2',
  template: 'M4 3.5h12v13H4zM4 8h12M9 8v8.5',
  image: 'M3.5 4h13v12h-13zM7 8.8a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4ZM4 14.5l4-3.5 2.5 2 2.5-3 3.5 3.8',
  camera: 'M3 6.5h3L7.5 4h5L14 6.5h3v9.5H3zM10 13.6a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4Z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  heart: 'M10 16.2 4.4 10.6a3.6 3.6 0 0 1 5.1-5.1l.5.5.5-.5a3.6 3.6 0 0 1 5.1 5.1z',
  close: 'M5 5l10 10M15 5 5 15',
  insert: 'M16 4v6.5H5M8.5 7 5 10.5 8.5 14',
  like: 'M5 5h4v4H5zM11.5 5h4v4h-4zM5 11.5h4v4H5zM13.5 11v5M11 13.5h5',
  tune: 'M4 6h6M14 6h2M4 14h2M10 14h6M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  sun: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M15.3 4.7l-1.2 1.2M5.9 14.1l-1.2 1.2',
  moon: 'M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5Z',
  auto: 'M3.5 4.5h13v9h-13zM7.5 16.5h5M10 13.5v3',
  help: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM8.2 8.2a1.9 1.9 0 1 1 2.7 1.7c-.6.3-.9.7-.9 1.4M10 13.6v.1',
  compose: 'M4 16l.8-3.2L13 4.6l2.4 2.4-8.2 8.2zM11.5 6.1l2.4 2.4',
  history: 'M3.5 10a6.5 6.5 0 1 0 2-4.7L3.5 7.2M3.5 3.8v3.4h3.4M10 6.5V10l2.5 1.8',
  speed: 'M3.5 14.5a7 7 0 1 1 13 0M10 12l3-4.2M10 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2Z',
  back: 'M8.5 5 3.5 10l5 5M4 10h12.5',
  check: 'M4.5 10.5 8.5 14.5 15.5 6.5',
  plus: 'M10 4.5v11M4.5 10h11',
  pencil: 'M4.5 15.5l.7-2.8 7.6-7.6 2.1 2.1-7.6 7.6z',
  link: 'M7 13l6-6M8 6l1.8-1.8a3.2 3.2 0 0 1 4.5 0l1.5 1.5a3.2 3.2 0 0 1 0 4.5L14 12M12 14l-1.8 1.8a3.2 3.2 0 0 1-4.5 0l-1.5-1.5a3.2 3.2 0 0 1 0-4.5L6 8',
  undo: 'M4 8h8a4 4 0 0 1 0 8H8M7 5 4 8l3 3',
  trash: 'M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  offline: 'M3 3l14 14M6 12.5a5.6 5.6 0 0 1 3-1.6M3.6 9.4A9.6 9.6 0 0 1 7 7.4M10 5.9a9.7 9.7 0 0 1 6.4 3.5M10 15.6v.1',
  key: 'M7 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 10h7M14 10v3',
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name, size = 20 }: { name: IconName; size?: number }) => (
  <svg class="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
    <rect width="32" height="32" rx="8" class="mark-ground" />
    <path class="mark-outer" d="M7.2 8.5v8a7.6 7.6 0 0 0 15.2 0c0-4.4 .9-7.6 3.2-10.9" />
    <path class="mark-inner" d="M14.8 18.6c2.1-1.6 1.5-7.8 4.6-13" />
  </svg>
);

export const Wordmark = () => (
  <svg class="wordmark" viewBox="0 0 97 31" height="21" role="img" aria-label="updraft">
    <path d="M2 10v6.6a5.4 5.4 0 0 0 10.8 0V10M12.8 10v12M18.8 10v18.5M30.2 16a5.7 5.7 0 1 1-11.4 0 5.7 5.7 0 0 1 11.4 0ZM46 16a5.7 5.7 0 1 1-11.4 0A5.7 5.7 0 0 1 46 16ZM46 22V3.5M52 22V10M52 15.6a5.4 5.4 0 0 1 6-5.5M72 16a5.7 5.7 0 1 1-11.4 0A5.7 5.7 0 0 1 72 16ZM72 10v12M78.6 22V8.2a4.7 4.7 0 0 1 5.4-4.7M75.6 10.6h7.6M88.6 5v12.4a4.6 4.6 0 0 0 5.2 4.6M85.6 10.6h8" />
  </svg>
);

// Air that rises, and carries: the picture of the empty page.
export const Thermals = () => (
  <svg class="thermals" viewBox="0 0 480 150" aria-hidden="true">
    {[0, 1, 2, 3, 4, 5, 6, 7].map((i) => {
      const up = 58 + i * 11;
      return <path key={i} class={`thermal thermal-${i % 3}`} d={`M${20 + i * 48} 148c0-${up * 0.4} 44-${up * 0.42} 44-${up * 0.72}s-8-${up * 0.3} 22-${up * 0.44}`} />;
    })}
    <path class="kite" d="M452 14l22-8 2 24-24 2zM452 32c-10 8 2 14-7 24" />
  </svg>
);
