// Seconds until the next try after `failures` in a row: 1, 2, 4 ... at most `most`, up to a fifth more or less, so that
// many pages do not come back at once.
export function backoff(failures: number, most = 15, random: () => number = Math.random): number {
  const seconds = Math.min(2 ** Math.min(Math.max(failures - 1, 0), 10), most);
  return seconds * (0.8 + 0.4 * random());
}
