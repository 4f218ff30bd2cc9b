// Pictures of the catalogue.
import type { Asset } from '../api/types';
import { ahead, chosen } from '../state/compose';
import { assetWasSeen, back, canGoBack, dismissAsset, hidden, likeAsset, likedAssets, more, moreLike, open, results, retry } from '../state/results';
import type { Wanted } from '../state/results';
import { status } from '../state/server';
import { singleKeys } from '../state/settings';
import { AssetPicture } from './asset_picture';
import { Icon } from './icons';
import { act, columns, focusFirst, move } from './keys';
import { useSeen } from './use_seen';

const titleOf = (asset: Asset) => asset.title || asset.id;

function heading(wanted: Wanted | null): [string, string] {
  if (!wanted) return ['Pictures', ''];
  if (wanted.kind === 'like') return ['More like', titleOf(wanted.asset)];
  if (wanted.kind === 'prompt') return ['Pictures for', wanted.text];
  return ['Pictures for', wanted.text || 'your picture'];
}

function Tile({ asset, old }: { asset: Asset; old: boolean }) {
  const place = useSeen<HTMLLIElement>(`${chosen.value?.uid} ${asset.id}`, old || !chosen.value, () => assetWasSeen(asset));
  const leave = (on: HTMLElement) => {
    move('.tile', on, 1);
    dismissAsset(asset);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const on = event.currentTarget as HTMLElement;
    const actions: Record<string, () => void> = {
      ArrowRight: () => move('.tile', on, 1),
      ArrowLeft: () => (on === document.querySelector('.tile') ? void focusFirst('.suggestion-text') : move('.tile', on, -1)),
      ArrowDown: () => move('.tile', on, columns('.tile')),
      ArrowUp: () => move('.tile', on, -columns('.tile')),
      ...(singleKeys.value ? { m: () => moreLike(asset), l: () => likeAsset(asset), x: () => leave(on) } : {}),
    };
    act(event, actions);
  };
  return (
    <li class="tile-place" ref={place}>
      <button type="button" class="tile" aria-label={asset.because ? `${titleOf(asset)}, ${asset.because}` : titleOf(asset)} title={asset.because || undefined} onClick={() => open(asset)} onKeyDown={onKeyDown}>
        <AssetPicture asset={asset} />
        <span class="tile-title" aria-hidden="true">{titleOf(asset)}</span>
      </button>
      <span class="tile-actions">
        <button type="button" class="icon-button small" aria-label={`More like ${titleOf(asset)}`} title="More like this" onClick={() => moreLike(asset)}>
          <Icon name="like" size={16} />
        </button>
        <button type="button" class="icon-button small" aria-label={`Like ${titleOf(asset)}`} aria-pressed={likedAssets.value.has(asset.id)} title="Like" onClick={() => likeAsset(asset)}>
          <Icon name="heart" size={16} />
        </button>
      </span>
    </li>
  );
}

const Ghosts = () => (
  <ul class="tiles" aria-hidden="true">
    {Array.from({ length: 12 }, (_, i) => <li key={i} class="tile-place"><span class="tile ghost" /></li>)}
  </ul>
);

function Body() {
  const now = results.value;
  const assets = now.assets.filter((one) => !hidden.value.has(one.id));
  if (now.phase === 'failed' && now.failure) {
    const { kind, message } = now.failure;
    if (kind === 'gone') return <p class="none">The pictures come with the server.</p>;
    if ((kind === 'missing' || kind === 'unavailable') && typeof status.value?.assets !== 'number') {
      return (
        <div class="blank">
          <Icon name="image" size={28} />
          <p><b>There is no catalogue here.</b></p>
          <p>Suggestions work without one. To see pictures, start the server with <code>--catalogue DIR</code>, or with <code>--demo</code>.</p>
        </div>
      );
    }
    return (
      <div class="blank">
        <p><b>{kind === 'busy' ? 'The server is busy.' : 'The search did not work.'}</b> {kind === 'busy' ? 'It will be asked again in a moment.' : message}</p>
        <button type="button" class="button" onClick={retry}>Try again</button>
      </div>
    );
  }
  if (now.phase === 'loading' && assets.length === 0) return <Ghosts />;
  if (now.phase === 'idle') return ahead.value.phase === 'failed' ? null : <Ghosts />;
  if (assets.length === 0) {
    return (
      <div class="blank">
        <Icon name="search" size={28} />
        <p><b>No picture goes with that.</b></p>
        <p>Choose a suggestion on the left, or say it in other words.</p>
      </div>
    );
  }
  return (
    <>
      <ul class={`tiles ${now.phase === 'loading' ? 'old' : ''}`}>{assets.map((one) => <Tile key={one.id} asset={one} old={now.phase === 'loading'} />)}</ul>
      {now.next !== '' && (
        <button type="button" class="button wide" disabled={now.more === 'loading'} onClick={() => void more()}>
          {now.more === 'loading' ? 'Loading …' : now.more === 'failed' ? 'That failed. Try again' : 'Show more'}
        </button>
      )}
    </>
  );
}

export function Results() {
  const now = results.value;
  const [what, of] = heading(now.wanted);
  const corrections = Object.entries(now.corrections);
  const from = now.wanted?.kind === 'prompt' ? chosen.value?.task : undefined;
  return (
    <section class="results" aria-labelledby="results-title" aria-busy={now.phase === 'loading'}>
      <header class={`results-head ${from ?? ''}`}>
        {canGoBack() && (
          <button type="button" class="icon-button small" aria-label="Back to the pictures before" onClick={back}>
            <Icon name="back" size={18} />
          </button>
        )}
        <h2 id="results-title"><span class="results-what">{what}</span> {of && <span class="results-of">{of}</span>}</h2>
        {now.phase === 'ready' && now.assets.length > 0 && <span class="count">{now.found >= 200 ? '200+' : now.found}</span>}
        {chosen.value && (
          <button type="button" class="link" onClick={() => (chosen.value = null)}>For all of it</button>
        )}
      </header>
      {corrections.length > 0 && (
        <p class="hint">{corrections.map(([typed, meant]) => `Searched “${meant}” instead of “${typed}”.`).join(' ')}</p>
      )}
      <Body />
    </section>
  );
}
