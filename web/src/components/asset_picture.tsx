// A picture of the catalogue. With a key it has to be fetched: an <img> sends no header.
import { useEffect, useState } from 'preact/hooks';
import { drawnPart } from '../state/margins';
import type { Asset } from '../api/types';
import { client, key } from '../state/server';

function useUrl(id: string): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (key.value === '') return;
    const stop = new AbortController();
    let made = '';
    client
      .blob(`/v1/assets/${encodeURIComponent(id)}/picture`, stop.signal)
      .then((blob) => {
        if (stop.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      })
      .catch(() => setUrl(''));
    return () => {
      stop.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [id, key.value]);
  return key.value === '' ? client.pictureUrl(id) : url;
}

export function AssetPicture({ asset, eager = false }: { asset: Asset; eager?: boolean }) {
  const url = useUrl(asset.id);
  // Of which address: what was said of another one does not count.
  const [there, setThere] = useState<string | null>(null);
  const [broken, setBroken] = useState<string | null>(null);
  const [part, setPart] = useState('');
  const state = url === null ? 'loading' : url === '' || broken === url ? 'broken' : there === url ? 'there' : 'loading';
  return (
    <span class={`asset-picture ${state}`}>
      {state === 'broken' ? (
        <span class="no-picture">{asset.title || asset.id}</span>
      ) : (
        url !== null && <img src={url} alt="" loading={eager ? 'eager' : 'lazy'} decoding="async" draggable={false} style={{ objectViewBox: part }} onLoad={(event) => { setPart(drawnPart(event.currentTarget)); setThere(url); }} onError={() => setBroken(url)} />
      )}
    </span>
  );
}
