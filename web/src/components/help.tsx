import { signal } from '@preact/signals';
import { singleKeys } from '../state/settings';
import { Dialog } from './dialog';

export const helpOpen = signal(false);

const groups: [string, [string[], string][]][] = [
  ['Anywhere', [
    [['/'], 'Go to the text'],
    [['1', '2', '3'], 'Compose, history, speed'],
    [['t'], 'Switch the theme'],
    [['?'], 'Show this'],
    [['Esc'], 'Close, or go back to the text'],
  ]],
  ['In the text', [
    [['↓'], 'Go to the suggestions'],
    [['Enter'], 'Find pictures at once'],
    [['Ctrl', 'V'], 'Paste a picture'],
  ]],
  ['On a suggestion', [
    [['↑', '↓'], 'Previous, next'],
    [['→'], 'Go to the pictures'],
    [['Enter'], 'Show its pictures'],
    [['c'], 'Copy'],
    [['l'], 'Like'],
    [['i'], 'Insert into the text'],
    [['x'], 'Dismiss'],
  ]],
  ['On a picture', [
    [['←', '→', '↑', '↓'], 'Move'],
    [['Enter'], 'Open'],
    [['m'], 'More like this'],
    [['l'], 'Like'],
    [['x'], 'Dismiss'],
  ]],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keyboard shortcuts" class="help" onClose={() => (helpOpen.value = false)}>
      <div class="help-groups">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {keys.map(([names, what]) => (
                <div key={what}>
                  <dt>{names.map((one) => <kbd key={one}>{one}</kbd>)}</dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label class="switch">
        <input type="checkbox" checked={singleKeys.value} onChange={(event) => (singleKeys.value = event.currentTarget.checked)} />
        <span>Shortcuts of a single letter or digit</span>
      </label>
    </Dialog>
  );
}
