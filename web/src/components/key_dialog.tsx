import { useState } from 'preact/hooks';
import { giveKey, keyRefused, locked } from '../state/server';
import { Dialog } from './dialog';

export function KeyDialog() {
  const [given, setGiven] = useState('');
  const [keep, setKeep] = useState(false);
  if (!locked.value) return null;
  return (
    <Dialog title="This server asks for a key" onClose={() => (locked.value = false)}>
      <form
        class="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (given.trim() !== '') giveKey(given.trim(), keep);
          setGiven('');
        }}
      >
        <p id="key-hint">{keyRefused.value ? 'The server did not take that key. Is there a slip in it?' : 'Whoever runs the server has it. It is sent to this server alone.'}</p>
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={given}
            aria-describedby="key-hint"
            aria-invalid={keyRefused.value}
            onInput={(event) => setGiven(event.currentTarget.value)}
          />
        </label>
        <label class="switch">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
          <span>Keep it in this browser</span>
        </label>
        <div class="dialog-foot">
          <button type="submit" class="button primary" disabled={given.trim() === ''}>
            Go on
          </button>
        </div>
      </form>
    </Dialog>
  );
}
