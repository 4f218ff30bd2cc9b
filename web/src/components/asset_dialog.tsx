import { dismissAsset, likeAsset, likedAssets, moreLike, opened } from '../state/results';
import { copyText } from '../state/compose';
import { notify } from '../state/notices';
import { AssetPicture } from './asset_picture';
import { Dialog } from './dialog';
import { Icon } from './icons';
import { readable } from './names';

export function AssetDialog() {
  const asset = opened.value;
  if (!asset) return null;
  const facets = Object.entries(asset.facets).filter(([, values]) => values.length > 0);
  return (
    <Dialog title={asset.title || asset.id} class="asset" onClose={() => (opened.value = null)}>
      <div class="asset-body">
        <div class="asset-frame"><AssetPicture asset={asset} eager /></div>
        <div class="asset-text">
          {asset.because !== '' && <p class="because">Here {asset.because}.</p>}
          {asset.description !== '' && <p>{asset.description}</p>}
          {asset.tags.length > 0 && <ul class="tags" aria-label="Tags">{asset.tags.map((one) => <li key={one}>{one}</li>)}</ul>}
          {facets.length > 0 && (
            <dl class="facts">
              {facets.map(([name, values]) => <div key={name}><dt>{readable(name)}</dt><dd>{values.join(', ')}</dd></div>)}
            </dl>
          )}
          <div class="asset-actions">
            <button type="button" class="button primary" onClick={() => moreLike(asset)}><Icon name="like" size={17} />More like this</button>
            <button type="button" class="button" aria-pressed={likedAssets.value.has(asset.id)} onClick={() => likeAsset(asset)}><Icon name="heart" size={17} />{likedAssets.value.has(asset.id) ? 'Liked' : 'Like'}</button>
            <button type="button" class="button" onClick={() => void copyText(asset.id).then((done) => done && notify('The id is copied'))}><Icon name="link" size={17} />Copy id</button>
            <button type="button" class="button" onClick={() => dismissAsset(asset)}><Icon name="close" size={17} />Not this</button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
