import { useState } from 'preact/hooks';
import { Composer } from '../components/composer';
import { Icon, Thermals } from '../components/icons';
import { Results } from '../components/results';
import { Suggestions } from '../components/suggestions';
import { ahead, chosen, focusText, type } from '../state/compose';

const examples = ['holiday sale', 'flyer for our bake sale, pink', 'quiet forest at dawn', 'something for a garden party'];

const Empty = () => (
  <div class="welcome">
    <Thermals />
    <h1>A few words are enough</h1>
    <p>Type what you want. Search queries, ideas, templates and image prompts appear while you type, and pictures beside them.</p>
    <ul class="examples" aria-label="Examples">
      {examples.map((one) => (
        <li key={one}>
          <button type="button" onClick={() => { type(one); focusText(); }}>{one}</button>
        </li>
      ))}
    </ul>
    <p class="welcome-more"><Icon name="image" size={17} /><span class="touch-only">Or add a picture.</span><span class="no-touch">Or drop a picture anywhere. <kbd>?</kbd> shows the keys.</span></p>
  </div>
);

export function ComposePage() {
  const idle = ahead.value.phase === 'idle';
  const [side, setSide] = useState<'words' | 'pictures'>('words');
  return (
    <main id="main" tabIndex={-1} class={idle ? 'compose idle' : 'compose'}>
      {!idle && <h1 class="visually-hidden">Compose</h1>}
      <Composer />
      {idle ? (
        <Empty />
      ) : (
        <>
          <div class="sides" role="group" aria-label="Show">
            <button type="button" aria-pressed={side === 'words'} onClick={() => setSide('words')}>Words</button>
            <button type="button" aria-pressed={side === 'pictures'} onClick={() => setSide('pictures')}>Pictures{chosen.value ? ' for it' : ''}</button>
          </div>
          <div class={`board show-${side}`}>
            <Suggestions />
            <Results />
          </div>
        </>
      )}
    </main>
  );
}
