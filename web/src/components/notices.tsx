import { useEffect, useState } from 'preact/hooks';
import { close, notices, spoken } from '../state/notices';
import { contact, poll, retryAt } from '../state/server';
import { Icon } from './icons';

export const Toasts = () => (
  <div class="toasts" role="status">
    {notices.value.map((one) => (
      <div class="toast" key={one.id}>
        <span>{one.text}</span>
        {one.action && (
          <button
            type="button"
            onClick={() => {
              one.action?.run();
              close(one.id);
            }}
          >
            {one.action.label}
          </button>
        )}
      </div>
    ))}
  </div>
);

export const Spoken = () => (
  <div class="visually-hidden" role="status" aria-live="polite">
    {spoken.value}
  </div>
);

// While the server is gone. What was typed and found stays where it is.
export function Banner() {
  const gone = contact.value === 'gone';
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!gone) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [gone]);
  const seconds = Math.max(0, Math.ceil((retryAt.value - now) / 1000));
  return (
    <div role="alert" class="banner-place">
      {gone && (
        <div class="banner">
          <Icon name="offline" />
          <p>
            <b>{navigator.onLine ? 'The server is not answering.' : 'You are offline.'}</b> Everything here is kept.{' '}
            <span class="banner-next" aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : 'Trying now.'}</span>
          </p>
          <button type="button" class="button" onClick={() => void poll()}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}
