// Small charts of values over time, as SVG. Values are drawn oldest first, from the left.

interface Line {
  name: string;
  values: number[];
  class: string;
}

// A round number at or above the largest value: 1, 1.5, 2, 3 ... 8, 10, 15 ...
export function ceiling(largest: number): number {
  if (!(largest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= largest) ?? 10;
  return step * power;
}

export const short = (value: number): string =>
  value >= 10_000 ? `${Math.round(value / 1000)} k` : value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);

const width = 600;

export function path(values: number[], slots: number, top: number, height: number): string {
  const right = width - ((values.length - 1) / Math.max(slots - 1, 1)) * width;
  return values
    .map((value, i) => {
      const x = right + (i / Math.max(slots - 1, 1)) * width;
      const y = height - (Math.min(value, top) / top) * height;
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

interface Props {
  title: string;
  unit: string;
  lines: Line[];
  slots: number; // how many values fill the width
  height?: number;
  mark?: { at: number; label: string };
  empty?: string;
}

export function Chart({ title, unit, lines, slots, height = 118, mark, empty = 'Nothing yet' }: Props) {
  const all = lines.flatMap((line) => line.values);
  const top = ceiling(1.15 * Math.max(...all, mark?.at ?? 0, 0));
  const last = lines.map((line) => `${line.name} ${short(line.values.at(-1) ?? 0)} ${unit}`).join(', ');
  const y = (value: number) => height - (value / top) * height;
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {lines.length > 1 && lines.map((line) => <span key={line.name} class={`legend ${line.class}`}>{line.name}</span>)}
      </figcaption>
      <div class="chart-area">
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={all.length > 0 ? `${title}: ${last}; the scale ends at ${short(top)} ${unit}` : `${title}: ${empty}`}>
          {[0.25, 0.5, 0.75].map((one) => <line key={one} class="chart-grid" x1="0" x2={width} y1={height * one} y2={height * one} />)}
          {mark && <line class="chart-mark" x1="0" x2={width} y1={y(mark.at)} y2={y(mark.at)} />}
          {lines.map((line) => {
            const d = path(line.values, slots, top, height);
            const from = width - ((line.values.length - 1) / Math.max(slots - 1, 1)) * width;
            return (
              <g key={line.name} class={line.class}>
                {lines.length === 1 && line.values.length > 1 && <path class="chart-fill" d={`${d}L${width} ${height}L${from.toFixed(1)} ${height}Z`} />}
                <path class="chart-line" d={d} />
              </g>
            );
          })}
        </svg>
        <span class="chart-top" aria-hidden="true">{short(top)} {unit}</span>
        {mark && <span class="chart-label" aria-hidden="true" style={{ bottom: `${(mark.at / top) * 100}%` }}>{mark.label}</span>}
        {all.length === 0 && <span class="chart-empty">{empty}</span>}
      </div>
    </figure>
  );
}
