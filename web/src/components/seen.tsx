// The picture that goes with the text, and what was seen on it.
import { ahead, correctSeen, detach, picture, saw as seenByServer, seen } from '../state/compose';
import { Icon } from './icons';
import { readable, swatch } from './names';
import { Popover } from './popover';

const kinds = ['photo', 'illustration', 'icon', 'screenshot', 'document'];

function Removable({ label, children, onRemove }: { label: string; children: preact.ComponentChildren; onRemove: () => void }) {
  return (
    <span class="seen-item">
      {children}
      <button type="button" class="chip-remove" aria-label={`Remove ${label}`} onClick={onRemove}>
        <Icon name="close" size={14} />
      </button>
    </span>
  );
}

export function SeenPicture() {
  const shown = picture.value;
  if (!shown) return null;
  const saw = seen.value ?? seenByServer.value;
  const looking = !saw && ['waiting', 'streaming'].includes(ahead.value.phase);
  return (
    <section class="seen" aria-label="The picture">
      <div class="seen-frame">
        <img src={shown.preview} alt={`Your picture, ${shown.name}`} />
        <button type="button" class="icon-button small" aria-label="Remove the picture" onClick={detach}>
          <Icon name="close" size={16} />
        </button>
      </div>
      <div class="seen-what" aria-live="polite">
        {looking && (
          <>
            <p class="seen-label">Looking at it</p>
            <span class="line ghost w60" /><span class="line ghost w40" />
          </>
        )}
        {!looking && !saw && <p class="seen-label">It goes along with your words.</p>}
        {saw && (
          <dl>
            <div>
              <dt>Seen</dt>
              <dd>
                {saw.tags.length === 0 && <span class="none">nothing in particular</span>}
                {saw.tags.map((tag) => (
                  <Removable key={tag} label={tag} onRemove={() => correctSeen((was) => ({ ...was, tags: was.tags.filter((one) => one !== tag) }))}>
                    {tag}
                  </Removable>
                ))}
                <Popover label="Add what is on it" class="seen-add" buttonLabel="Add what is on it" button={<Icon name="plus" size={14} />}>
                  {(close) => (
                    <form
                      class="text-form"
                      onSubmit={(event) => {
                        event.preventDefault();
                        const tag = String(new FormData(event.currentTarget).get('tag') ?? '').trim();
                        close();
                        if (tag !== '') correctSeen((was) => ({ ...was, tags: [tag, ...was.tags.filter((one) => one !== tag)] }));
                      }}
                    >
                      <label class="field"><span>What is on it?</span><input name="tag" type="text" maxLength={80} /></label>
                      <button type="submit" class="button primary">Add</button>
                    </form>
                  )}
                </Popover>
              </dd>
            </div>
            {saw.palette.length > 0 && (
              <div>
                <dt>Colours</dt>
                <dd>
                  {saw.palette.map((colour) => (
                    <Removable key={colour.name} label={colour.name} onRemove={() => correctSeen((was) => ({ ...was, palette: was.palette.filter((one) => one !== colour) }))}>
                      <span class="swatch large" style={{ background: swatch(colour.name) ?? 'transparent' }} />
                      {colour.name}
                      <span class="share">{Math.round(colour.share * 100)} %</span>
                    </Removable>
                  ))}
                </dd>
              </div>
            )}
            <div>
              <dt><label for="seen-kind">Kind</label></dt>
              <dd>
                <select id="seen-kind" value={saw.kind} onChange={(event) => { const kind = event.currentTarget.value; correctSeen((was) => ({ ...was, kind })); }}>
                  {[...new Set([saw.kind, ...kinds])].filter((one) => one !== '').map((one) => <option key={one} value={one}>{readable(one)}</option>)}
                </select>
              </dd>
            </div>
            {saw.writing !== '' && (
              <div>
                <dt>Writing</dt>
                <dd>
                  <Removable label="the writing" onRemove={() => correctSeen((was) => ({ ...was, writing: '' }))}>
                    <q>{saw.writing}</q>
                  </Removable>
                </dd>
              </div>
            )}
          </dl>
        )}
      </div>
    </section>
  );
}
