import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../data/stored';
import { figure, moment } from './format';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A variable of the style sheet. */
  readonly color?: string;
  readonly dashed?: boolean;
}

interface LineChartProps {
  /** What the picture shows, in words: its text alternative together with the table. */
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly height?: number;
  /** A line across: the value from which on something is wrong. */
  readonly limit?: { readonly name: string; readonly value: number };
  readonly digits?: number;
}

const COLORS = ['--line-1', '--line-2', '--line-3', '--line-4'];

const read = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour itself: a canvas does not know `light-dark()`. */
const resolved = (name: string): string => {
  const probe = document.createElement('span');
  probe.style.color = read(name) ? `var(${name})` : name;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

/** Days, or the time of day where ticks are closer than that; a new day says its date. */
const tickText = (seconds: number, stepSeconds: number): string => {
  const iso = new Date(seconds * 1_000).toISOString();
  const time = iso.slice(11, 16);
  return stepSeconds >= 86_400 || time === '00:00' ? iso.slice(5, 10) : time;
};

/** Lines over time, drawn by uPlot, with a table of the same values for those who do not see it. */
export const LineChart = ({ title, times, lines, height = 180, limit, digits = 3 }: LineChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const shown = theme.use();
  const all: readonly Line[] = limit
    ? [...lines, { name: limit.name, values: times.map(() => limit.value), color: '--bad', dashed: true }]
    : lines;
  const key = JSON.stringify([times, all, shown, height]);

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      const axis: uPlot.Axis = {
        stroke: resolved('--soft'),
        grid: { stroke: resolved('--line'), width: 1 },
        ticks: { stroke: resolved('--line'), width: 1 },
        font: '12px system-ui, sans-serif',
      };
      plot = new uPlot(
        {
          width: Math.max(200, element.clientWidth),
          height,
          tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
          legend: { live: false },
          cursor: { points: { size: 6 } },
          axes: [
            { ...axis, values: (_, ticks, _axis, _space, step) => ticks.map((tick) => tickText(tick, step)) },
            { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => figure(tick)) },
          ],
          series: [
            {},
            ...all.map((line, index): uPlot.Series => {
              const stroke = resolved(line.color ?? COLORS[index % COLORS.length]!);
              return {
                label: line.name,
                stroke,
                width: line.dashed ? 1 : 2,
                ...(line.dashed && { dash: [5, 4] }),
                points: { show: !line.dashed && times.length < 60, size: 5, fill: stroke },
                spanGaps: false,
              };
            }),
          ],
        },
        [times.map((ms) => ms / 1_000), ...all.map(({ values }) => [...values])],
        element,
      );
    };
    draw();
    const observer = new ResizeObserver(() =>
      plot?.setSize({ width: Math.max(200, element.clientWidth), height }),
    );
    observer.observe(element);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    };
    // Drawn anew when what is shown has changed, not when arrays of equal content are new.
  }, [key]);

  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} className="plot" aria-hidden="true" />
      <details>
        <summary>Values as a table</summary>
        <div className="scroll" tabIndex={0} role="group" aria-label={`values: ${title}`}>
          <table>
            <caption className="hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">time (UTC)</th>
                {all.map(({ name }) => (
                  <th key={name} scope="col" className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((ms, row) => (
                <tr key={ms}>
                  <th scope="row">{moment(new Date(ms).toISOString())}</th>
                  {all.map(({ name, values }) => (
                    <td key={name} className="number">
                      {figure(values[row], digits)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
};
