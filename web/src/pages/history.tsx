import { useState } from 'preact/hooks';
import { Icon } from '../components/icons';
import { ApiError } from '../api/client';
import { copyText, feedbackWaiting, forgetFeedback, type } from '../state/compose';
import { forget, forgetAll, history, restore } from '../state/history';
import type { Entry } from '../state/history';
import { notify } from '../state/notices';
import { go } from '../state/router';
import { forgetKey, key } from '../state/server';
import { sendsFeedback } from '../state/settings';

function day(at: number): string {
  const date = new Date(at);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
}

const Item = ({ entry }: { entry: Entry }) => (
  <li class="entry">
    <button type="button" class="entry-text" onClick={() => { go(''); type(entry.text); }}>
      <span>{entry.text}</span>
      {entry.intent !== '' && entry.intent !== entry.text && <span class="entry-intent">{entry.intent}</span>}
    </button>
    <time dateTime={new Date(entry.at).toISOString()}>{new Date(entry.at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}</time>
    <button type="button" class="icon-button small" aria-label={`Remove ${entry.text}`} onClick={() => forget(entry)}><Icon name="close" size={16} /></button>
    {entry.took.length > 0 && (
      <ul class="took" aria-label="Taken from it">
        {entry.took.map((one) => (
          <li key={one}>
            <button type="button" title="Copy" onClick={() => void copyText(one).then((done) => done && notify('Copied'))}><Icon name="copy" size={14} /><span>{one}</span></button>
          </li>
        ))}
      </ul>
    )}
  </li>
);

function Privacy() {
  const [state, setState] = useState('');
  const waiting = feedbackWaiting.value;
  const remove = async () => {
    setState('Deleting …');
    try {
      const n = await forgetFeedback();
      setState(`Deleted: ${n} ${n === 1 ? 'event' : 'events'} on the server.`);
    } catch (error) {
      setState(`That failed: ${error instanceof ApiError ? error.message : 'something went wrong'}.`);
    }
  };
  return (
    <aside class="card privacy" aria-labelledby="privacy-title">
      <h2 id="privacy-title">What is kept</h2>
      <p>This list is in your browser alone. What you copy, like, insert or dismiss is told to your server, with a random number in place of your name, so that its suggestions get better.</p>
      <label class="switch">
        <input type="checkbox" checked={sendsFeedback.value} onChange={(event) => (sendsFeedback.value = event.currentTarget.checked)} />
        <span>Tell the server</span>
      </label>
      {waiting > 0 && <p class="hint">{waiting} {waiting === 1 ? 'event waits' : 'events wait'} to be sent.</p>}
      <button type="button" class="button" onClick={() => void remove()}><Icon name="trash" size={17} />Delete what it was told</button>
      <p class="hint" role="status">{state}</p>
      {key.value !== '' && <button type="button" class="button" onClick={forgetKey}><Icon name="key" size={17} />Forget the API key</button>}
    </aside>
  );
}

export function HistoryPage() {
  const [filter, setFilter] = useState('');
  const all = history.value;
  const wanted = filter.trim().toLowerCase();
  const shown = all.filter((one) => `${one.text} ${one.intent} ${one.took.join(' ')}`.toLowerCase().includes(wanted));
  const days = [...new Set(shown.map((one) => day(one.at)))];
  return (
    <main id="main" tabIndex={-1} class="history">
      <header class="page-head">
        <h1>History</h1>
        {all.length > 0 && (
          <>
            <label class="search-field">
              <Icon name="search" size={17} />
              <span class="visually-hidden">Look for</span>
              <input type="search" placeholder="Look for" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
            </label>
            <button
              type="button"
              class="button"
              onClick={() => {
                forgetAll();
                notify('History cleared', { label: 'Undo', run: () => restore(all) });
              }}
            >
              <Icon name="trash" size={17} />Clear
            </button>
          </>
        )}
      </header>
      <div class="history-columns">
        <div>
          {all.length === 0 && (
            <div class="blank card">
              <Icon name="history" size={30} />
              <p><b>Nothing yet.</b></p>
              <p>What you ask for is listed here, in this browser alone.</p>
              <a class="button primary" href="#/">Compose</a>
            </div>
          )}
          {all.length > 0 && shown.length === 0 && <p class="none large">Nothing here has “{filter}” in it.</p>}
          {days.map((name) => (
            <section key={name} class="day">
              <h2>{name}</h2>
              <ul class="entries card">{shown.filter((one) => day(one.at) === name).map((one) => <Item key={one.text} entry={one} />)}</ul>
            </section>
          ))}
        </div>
        <Privacy />
      </div>
    </main>
  );
}
