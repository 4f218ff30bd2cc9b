// The box that is typed into, with pictures and what was understood.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ahead, attach, maxText, picture, readingPicture, text, type } from '../state/compose';
import { acceptedPictures, hasCamera } from '../state/picture';
import { findNow } from '../state/results';
import { Camera } from './camera';
import { Chips } from './chips';
import { Controls } from './controls';
import { Icon } from './icons';
import { focusFirst } from './keys';
import { SeenPicture } from './seen';

export function Composer() {
  const file = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const [camera, setCamera] = useState(false);
  const [shooting, setShooting] = useState(false);
  useEffect(() => {
    void hasCamera().then(setCamera);
  }, []);
  useEffect(() => {
    // Where the browser does not size the field by itself.
    const field = area.current;
    if (!field || CSS.supports('field-sizing', 'content')) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }, [text.value]);

  const { phase } = ahead.value;
  return (
    <section class={`composer ${phase === 'waiting' || phase === 'streaming' ? 'working' : ''}`} aria-label="What you want">
      <div class="composer-row">
        <label class="visually-hidden" for="text">What do you want?</label>
        <textarea
          id="text"
          ref={area}
          rows={1}
          value={text.value}
          maxLength={maxText}
          placeholder={picture.value ? 'Say more about it, or leave it at the picture' : 'What do you want?'}
          autocomplete="off"
          autocapitalize="off"
          enterkeyhint="search"
          aria-describedby="text-hint"
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              findNow();
              event.currentTarget.blur();
              focusFirst('.tile') || focusFirst('.suggestion-text');
            }
            if (event.key === 'ArrowDown' && event.currentTarget.selectionEnd === event.currentTarget.value.length && focusFirst('.suggestion-text')) {
              event.preventDefault();
            }
          }}
        />
        <div class="composer-buttons">
          {text.value !== '' && (
            <button type="button" class="icon-button" aria-label="Clear the text" onClick={() => { type(''); area.current?.focus(); }}>
              <Icon name="close" />
            </button>
          )}
          <button type="button" class="icon-button" aria-label="Add a picture" title="Add a picture (or drop or paste one)" onClick={() => file.current?.click()}>
            <Icon name="image" />
          </button>
          {camera && (
            <button type="button" class="icon-button" aria-label="Take a picture" title="Take a picture" onClick={() => setShooting(true)}>
              <Icon name="camera" />
            </button>
          )}
          <input
            ref={file}
            type="file"
            class="visually-hidden"
            tabIndex={-1}
            aria-hidden="true"
            data-testid="file"
            accept={acceptedPictures}
            onChange={(event) => {
              const chosenFile = event.currentTarget.files?.[0];
              if (chosenFile) void attach(chosenFile, chosenFile.name);
              event.currentTarget.value = '';
            }}
          />
        </div>
      </div>
      <p id="text-hint" class="visually-hidden">Suggestions appear while you type. Arrow down goes to them; ? shows all shortcuts.</p>
      {readingPicture.value && !picture.value && <p class="reading">Reading the picture …</p>}
      <SeenPicture />
      <Chips />
      <Controls />
      {shooting && <Camera onClose={() => setShooting(false)} />}
    </section>
  );
}
