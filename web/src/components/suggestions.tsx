// The suggestions of each task: as they grow, and as they were chosen.
import type { Task } from '../api/types';
import { ahead, ask, choose, chosen, copy, dismiss, dismissed, insert, like, liked, wasSeen } from '../state/compose';
import { locked } from '../state/server';
import { settings, singleKeys } from '../state/settings';
import { emptyLane, isOld } from '../state/typeahead';
import type { Lane, Shown } from '../state/typeahead';
import { Icon } from './icons';
import type { IconName } from './icons';
import { act, focusFirst, move } from './keys';
import { taskNames } from './names';
import { useSeen } from './use_seen';

const Action = ({ icon, label, pressed, run }: { icon: IconName; label: string; pressed?: boolean; run: () => void }) => (
  <button type="button" class="icon-button small" aria-label={label} title={label} aria-pressed={pressed} onClick={run}>
    <Icon name={icon} size={17} />
  </button>
);

function Row({ shown, old }: { shown: Shown; old: boolean }) {
  const row = useSeen<HTMLLIElement>(shown.uid, old, () => wasSeen(shown));
  const isLiked = liked.value.has(shown.uid);
  const isChosen = chosen.value?.uid === shown.uid;
  const leave = () => {
    const next = row.current?.nextElementSibling ?? row.current?.previousElementSibling;
    const button = next?.querySelector<HTMLElement>('.suggestion-text');
    dismiss(shown);
    if (button) button.focus();
    else focusFirst('.suggestion-text');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const on = event.currentTarget as HTMLElement;
    const actions: Record<string, () => void> = {
      ArrowDown: () => move('.suggestion-text', on, 1),
      ArrowUp: () => move('.suggestion-text', on, -1),
      ArrowRight: () => void focusFirst('.tile'),
      ...(singleKeys.value ? { c: () => void copy(shown), l: () => like(shown), i: () => insert(shown), x: leave } : {}),
    };
    act(event, actions);
  };
  return (
    <li class={`suggestion ${isChosen ? 'chosen' : ''}`} ref={row}>
      <button type="button" class="suggestion-text" aria-pressed={isChosen} onClick={() => choose(shown)} onKeyDown={onKeyDown}>
        {shown.text}
      </button>
      <span class="suggestion-meta" title={`Score ${shown.score.toFixed(2)}`}>{shown.words} {shown.words === 1 ? 'word' : 'words'}</span>
      <span class="suggestion-actions">
        <Action icon="copy" label="Copy" run={() => void copy(shown)} />
        <Action icon="insert" label="Insert into the text" run={() => insert(shown)} />
        <Action icon="heart" label="Like" pressed={isLiked} run={() => like(shown)} />
        <Action icon="close" label="Dismiss" run={leave} />
      </span>
    </li>
  );
}

function LaneView({ task, lane }: { task: Task; lane: Lane }) {
  const { title, icon } = taskNames[task];
  const { phase } = ahead.value;
  const old = isOld(ahead.value, lane);
  const { n } = settings.value;
  const growing = lane.growing.slice(0, n).filter((one) => one !== '');
  const shown = lane.chosen.filter((one) => !dismissed.value.has(one.uid));
  const running = phase === 'waiting' || phase === 'streaming';
  const ghosts = running && shown.length === 0 && growing.length === 0;
  const none = phase === 'done' && shown.length === 0;
  return (
    <section class={`lane ${task} ${old && running ? 'old' : ''}`} aria-labelledby={`lane-${task}`} aria-busy={running && !lane.done}>
      <h2 id={`lane-${task}`}>
        <span class="lane-icon"><Icon name={icon} size={16} /></span>
        {title}
      </h2>
      {shown.length > 0 && <ul>{shown.map((one) => <Row key={one.uid} shown={one} old={old} />)}</ul>}
      {growing.length > 0 && (
        <ul class="growing" aria-hidden="true">
          {growing.map((one, i) => <li key={i}>{one}<span class="pen" /></li>)}
        </ul>
      )}
      {ghosts && (
        <div class="ghosts" aria-hidden="true">
          {Array.from({ length: Math.min(n, 4) }, (_, i) => <span key={i} class={`line ghost w${[60, 80, 40, 70][i % 4]}`} />)}
        </div>
      )}
      {none && <p class="none">{lane.chosen.length > 0 ? 'All dismissed.' : 'Nothing worth showing. A few more words help.'}</p>}
    </section>
  );
}

function Failed() {
  const { failure } = ahead.value;
  if (!failure || failure.kind === 'gone') return null;
  if (failure.kind === 'unauthorized') {
    return (
      <div class="notice" role="status">
        <Icon name="key" />
        <p><b>A key is needed.</b> This server answers those who have one.</p>
        <button type="button" class="button" onClick={() => (locked.value = true)}>Enter a key</button>
      </div>
    );
  }
  if (failure.kind === 'busy' || failure.kind === 'unavailable') {
    const what = failure.kind === 'busy' ? 'The server is busy.' : 'The server is getting ready.';
    return <div class="notice" role="status"><Icon name="speed" /><p><b>{what}</b> It will be asked again in a moment.</p></div>;
  }
  return (
    <div class="notice" role="alert">
      <Icon name="help" />
      <p><b>{failure.kind === 'refused' ? 'The server does not take that.' : 'That did not work.'}</b> {failure.message}</p>
      <button type="button" class="button" onClick={() => ask()}>Try again</button>
    </div>
  );
}

export function Suggestions() {
  const { lanes, phase, failure } = ahead.value;
  const shown = Object.values(lanes).some((lane) => lane.chosen.length > 0 || lane.growing.length > 0);
  const failed = phase === 'failed';
  return (
    <div class="suggestions">
      <Failed />
      {failed && !shown ? (
        failure?.kind === 'gone' && <p class="none large">What you typed is kept, and will be asked as soon as the server answers.</p>
      ) : (
        settings.value.tasks.map((task) => <LaneView key={task} task={task} lane={lanes[task] ?? emptyLane} />)
      )}
    </div>
  );
}
