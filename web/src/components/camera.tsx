import { useEffect, useRef, useState } from 'preact/hooks';
import { attach } from '../state/compose';
import { Dialog } from './dialog';

export function Camera({ onClose }: { onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<'asking' | 'on' | 'refused'>('asking');
  useEffect(() => {
    let stream: MediaStream | null = null;
    let closed = false;
    navigator.mediaDevices
      .getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false })
      .then((got) => {
        stream = got;
        if (closed || !video.current) return got.getTracks().forEach((track) => track.stop());
        video.current.srcObject = got;
      })
      .catch(() => setState('refused'));
    return () => {
      closed = true;
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);

  const shoot = () => {
    const from = video.current;
    if (!from) return;
    const canvas = document.createElement('canvas');
    canvas.width = from.videoWidth;
    canvas.height = from.videoHeight;
    canvas.getContext('2d')?.drawImage(from, 0, 0);
    canvas.toBlob((taken) => {
      onClose();
      if (taken) void attach(taken, 'from the camera');
    }, 'image/jpeg', 0.9);
  };

  return (
    <Dialog title="Take a picture" class="camera" onClose={onClose}>
      <div class="viewfinder">
        <video ref={video} onLoadedData={() => setState('on')} autoplay playsinline muted aria-label="What the camera sees" />
        {state !== 'on' && <p>{state === 'asking' ? 'Waiting for the camera. The browser may ask you.' : 'The camera is not available. Allow it in the browser, or choose a file.'}</p>}
      </div>
      <div class="dialog-foot">
        <button type="button" class="button primary" disabled={state !== 'on'} onClick={shoot}>
          Take it
        </button>
      </div>
    </Dialog>
  );
}
