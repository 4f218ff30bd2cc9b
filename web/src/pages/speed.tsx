import { useEffect } from 'preact/hooks';
import { Chart, short } from '../components/chart';
import { firsts } from '../state/compose';
import { contact, samples, status, watching } from '../state/server';

const slots = 120;
const goalMs = 150;

function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

const Tile = ({ name, value, unit, hint }: { name: string; value: string; unit: string; hint: string }) => (
  <div class="figure card">
    <dt>{name}</dt>
    <dd><b>{value}</b><span class="unit">{unit}</span><span class="figure-hint">{hint}</span></dd>
  </div>
);

export const median = (values: number[]): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? null : (sorted[Math.floor((sorted.length - 1) / 2)] ?? null);
};

export function SpeedPage() {
  useEffect(() => {
    watching.value = true;
    return () => {
      watching.value = false;
    };
  }, []);
  const now = status.value;
  const seen = samples.value.slice(-slots);
  const of = (read: (one: NonNullable<typeof now>) => number) => seen.map((one) => read(one.status));
  const mine = median(firsts.value);
  const dash = '–';
  const gone = contact.value === 'gone';
  return (
    <main id="main" tabIndex={-1} class={`speed ${gone ? 'old' : ''}`}>
      <header class="page-head">
        <h1>Speed</h1>
        <p class="page-note">{now ? <>{now.model} <span class="sep">·</span> {now.assets === null ? 'no catalogue' : `${now.assets.toLocaleString('en')} pictures`} <span class="sep">·</span> up for {uptime(now.uptime)}</> : 'Waiting for the server'}</p>
      </header>
      <dl class="figures">
        <Tile name="First suggestion, here" value={mine === null ? dash : String(Math.round(mine))} unit="ms" hint={mine === null ? 'type something first' : `median of ${firsts.value.length}`} />
        <Tile name="Median answer" value={now ? short(now.p50) : dash} unit="ms" hint="the last 10 s" />
        <Tile name="99th percentile" value={now ? short(now.p99) : dash} unit="ms" hint="the last 10 s" />
        <Tile name="Requests" value={now ? short(now.requestsPerSecond) : dash} unit="a second" hint="the last 10 s" />
        <Tile name="Suggestions" value={now ? short(now.suggestionsPerSecond) : dash} unit="a second" hint="the last 10 s" />
        <Tile name="Memory" value={now ? short(now.memory) : dash} unit="MB" hint="resident" />
      </dl>
      <div class="charts">
        <div class="card"><Chart title="Time of an answer" unit="ms" slots={slots} lines={[
          { name: 'median', values: of((one) => one.p50), class: 'line-a' },
          { name: '99th percentile', values: of((one) => one.p99), class: 'line-b' },
        ]} /></div>
        <div class="card"><Chart title="From your last key to the first suggestion" unit="ms" slots={30} lines={[
          { name: 'first suggestion', values: firsts.value.slice(-30), class: 'line-b' },
        ]} mark={{ at: goalMs, label: '150 ms' }} empty="Type something, then come back" /></div>
        <div class="card"><Chart title="Suggestions a second" unit="" slots={slots} lines={[{ name: 'suggestions', values: of((one) => one.suggestionsPerSecond), class: 'line-c' }]} /></div>
        <div class="card"><Chart title="Requests a second" unit="" slots={slots} lines={[{ name: 'requests', values: of((one) => one.requestsPerSecond), class: 'line-a' }]} /></div>
        <div class="card"><Chart title="Requests in hand" unit="" slots={slots} lines={[
          { name: 'decoding', values: of((one) => one.active), class: 'line-a' },
          { name: 'waiting', values: of((one) => one.queued), class: 'line-b' },
        ]} /></div>
        <div class="card"><Chart title="Memory" unit="MB" slots={slots} lines={[{ name: 'memory', values: of((one) => one.memory), class: 'line-d' }]} /></div>
      </div>
      <p class="hint">Charts hold the last two minutes, a value a second. All metrics: <a href="metrics">/metrics</a>.</p>
    </main>
  );
}
