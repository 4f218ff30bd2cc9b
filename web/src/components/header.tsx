import { contact, status } from '../state/server';
import { firsts } from '../state/compose';
import { go, page, pages } from '../state/router';
import type { PageName } from '../state/router';
import { theme } from '../state/settings';
import type { Theme } from '../state/settings';
import { helpOpen } from './help';
import { Icon, Mark, Wordmark } from './icons';
import type { IconName } from './icons';

const icons: Record<PageName, IconName> = { '': 'compose', history: 'history', speed: 'speed' };
const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcon: Record<Theme, IconName> = { system: 'auto', light: 'sun', dark: 'moon' };

export const switchTheme = (): void => {
  theme.value = nextTheme[theme.value];
};

function Health() {
  const firstMs = firsts.value.at(-1);
  const gone = contact.value === 'gone';
  const words = gone ? 'Server gone' : contact.value === 'unknown' ? 'Connecting' : status.value?.ready === false ? 'Getting ready' : 'Ready';
  const state = gone ? 'bad' : words === 'Ready' ? 'good' : 'so-so';
  return (
    <a class={`health ${state}`} href="#/speed" title="From the last key to the first suggestion. Open the speed page">
      <span class="dot" aria-hidden="true" />
      {firstMs !== undefined && !gone ? (
        <span>
          <span class="visually-hidden">First suggestion after </span>
          <b data-testid="first-ms">{Math.round(firstMs)}</b> ms<span class="wide-only"> to first</span>
        </span>
      ) : (
        <span>{words}</span>
      )}
    </a>
  );
}

export const Header = () => (
  <header class="top">
    <a class="brand" href="#/" aria-label="updraft studio, compose">
      <Mark />
      <Wordmark />
    </a>
    <nav class="pages" aria-label="Pages">
      {(Object.keys(pages) as PageName[]).map((name) => (
        <a
          key={name}
          href={`#/${name}`}
          aria-current={page.value === name ? 'page' : undefined}
          onClick={(event) => {
            event.preventDefault();
            go(name);
          }}
        >
          <Icon name={icons[name]} size={18} />
          <span>{pages[name]}</span>
        </a>
      ))}
    </nav>
    <div class="top-end">
      <Health />
      <button type="button" class="icon-button" aria-label={`Theme: ${theme.value}. Switch to ${nextTheme[theme.value]}`} title={`Theme: ${theme.value}`} onClick={switchTheme}>
        <Icon name={themeIcon[theme.value]} />
      </button>
      <button type="button" class="icon-button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={() => (helpOpen.value = true)}>
        <Icon name="help" />
      </button>
    </div>
  </header>
);
