// Before the first paint, so that a chosen theme does not flash. A file of its own: the policy allows no inline script.
try {
  const theme = JSON.parse(localStorage.getItem('updraft.theme') ?? 'null');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage, or nonsense in it: the system's theme.
}
