// What is asked for: which tasks, how many words, how good, how many.
import { useId, useState } from 'preact/hooks';
import { tasks } from '../api/types';
import type { Task } from '../api/types';
import { defaults, maxWords, settings, usualWords } from '../state/settings';
import { Icon } from './icons';
import { taskNames } from './names';

const set = (change: Partial<typeof settings.value>) => (settings.value = { ...settings.value, ...change });

function toggle(task: Task): void {
  const { tasks: on } = settings.value;
  const next = on.includes(task) ? on.filter((one) => one !== task) : tasks.filter((one) => one === task || on.includes(one));
  if (next.length > 0) set({ tasks: next }); // one at least
}

const returns = [
  [9, 'the best that the model knows'],
  [6, 'good, and a little more varied'],
  [3, 'ordinary ones'],
  [0, 'what it learnt to be worth little; for comparison'],
] as const;
const returnWords = (value: number) => returns.find(([least]) => value >= least)?.[1] ?? '';

function Words() {
  const { words, tasks: on } = settings.value;
  const id = useId();
  const only = on.length === 1 ? on[0] : undefined;
  const put = (min: number, max: number) => set({ words: { min: Math.min(min, max), max: Math.max(min, max) } });
  const bound = (name: 'min' | 'max', value: number) => (
    <input
      type="number"
      min={1}
      max={maxWords}
      value={value}
      aria-label={name === 'min' ? 'Fewest words' : 'Most words'}
      onChange={(event) => {
        const given = Math.min(Math.max(Math.round(event.currentTarget.valueAsNumber) || 1, 1), maxWords);
        if (name === 'min') put(given, Math.max(given, words?.max ?? given));
        else put(Math.min(given, words?.min ?? given), given);
      }}
    />
  );
  return (
    <fieldset class="control" aria-describedby={id}>
      <legend>Words</legend>
      <div class="control-row">
        <label class="radio">
          <input type="radio" name="words" checked={words === null} onChange={() => set({ words: null })} />
          <span>As usual</span>
        </label>
        <label class="radio">
          <input type="radio" name="words" checked={words !== null} onChange={() => put(4, 12)} />
          <span>Between</span>
        </label>
        {words && <span class="between">{bound('min', words.min)}<span>and</span>{bound('max', words.max)}</span>}
      </div>
      <p class="hint" id={id}>
        {words === null
          ? only ? `${taskNames[only].title} usually have ${usualWords[only]} words.` : 'Each kind has its own length, from a word or two to a paragraph.'
          : 'Every suggestion lies inside, whatever its kind.'}
      </p>
    </fieldset>
  );
}

function Panel() {
  const now = settings.value;
  const id = useId();
  return (
    <div class="tune-panel">
      <Words />
      <div class="control">
        <label for={`${id}-return`}>Return <output>{now.return}</output></label>
        <input
          id={`${id}-return`}
          type="range" min={0} max={9} step={1} value={now.return}
          aria-describedby={`${id}-return-hint`}
          onInput={(event) => set({ return: event.currentTarget.valueAsNumber })}
        />
        <p class="hint" id={`${id}-return-hint`}>
          How good a suggestion shall be, as the model learnt to tell; {now.return} asks for {returnWords(now.return)}.
        </p>
      </div>
      <div class="control">
        <label for={`${id}-n`}>Suggestions of each kind <output>{now.n}</output></label>
        <input
          id={`${id}-n`}
          type="range" min={1} max={12} step={1} value={Math.min(now.n, 12)}
          aria-describedby={`${id}-n-hint`}
          onInput={(event) => set({ n: event.currentTarget.valueAsNumber })}
        />
        <p class="hint" id={`${id}-n-hint`}>Fewer are there sooner.</p>
      </div>
      <button type="button" class="button quiet" onClick={() => (settings.value = defaults)}>Back to the usual</button>
    </div>
  );
}

export function Controls() {
  const [open, setOpen] = useState(false);
  const now = settings.value;
  const id = useId();
  const changed = now.words !== null || now.return !== defaults.return || now.n !== defaults.n;
  return (
    <div class="controls">
      <div class="controls-row">
        <div class="tasks" role="group" aria-label="Kinds of suggestions">
          {tasks.map((one) => (
            <button type="button" key={one} class={`task-toggle ${one}`} aria-pressed={now.tasks.includes(one)} onClick={() => toggle(one)}>
              <Icon name={taskNames[one].icon} size={16} />
              <span>{taskNames[one].title}</span>
            </button>
          ))}
        </div>
        <button type="button" class={`tune ${changed ? 'changed' : ''}`} aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => setOpen(!open)}>
          <Icon name="tune" size={17} />
          <span>{now.words ? `${now.words.min}–${now.words.max} words` : 'Usual length'}<span class="sep">·</span>return {now.return}<span class="sep">·</span>{now.n} each</span>
        </button>
      </div>
      {open && <div id={id}><Panel /></div>}
    </div>
  );
}
