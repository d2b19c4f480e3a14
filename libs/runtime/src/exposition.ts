import type { Labels, MetricSpec, Sample } from './metric-spec';
import type { Exemplar, Timings } from './timings';

/** `text`: Prometheus 0.0.4. `openmetrics`: OpenMetrics 1.0, which has exemplars. */
export type ExpositionFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What a scraper asks for by `Accept`. */
export const formatFor = (accept: string | undefined): ExpositionFormat =>
  /application\/openmetrics-text(?![^,]*;\s*q=0(\.0*)?\s*(,|$))/i.test(accept ?? '') ? 'openmetrics' : 'text';

/** Counts whose names are other people's, and keep them: no `_total` is added. */
export interface NamedCounts {
  readonly spec: MetricSpec;
  readonly read: () => readonly Sample[];
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const labelText = (labels: Labels, more = ''): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  if (more) parts.push(more);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
};

const helpText = (help: string, format: ExpositionFormat): string =>
  format === 'openmetrics' ? escaped(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** A counter of OpenMetrics ends in `_total`, so one that does not is of unknown type there; its name stays. */
export const renderCounts = ({ spec, read }: NamedCounts, format: ExpositionFormat): string => {
  const type = spec.kind === 'counter' && format === 'openmetrics' ? 'unknown' : spec.kind;
  const lines = read().map(({ labels, value }) => `${spec.name}${labelText(labels)} ${value}`);
  if (lines.length === 0) return '';
  return `# HELP ${spec.name} ${helpText(spec.help, format)}\n# TYPE ${spec.name} ${type}\n${lines.join('\n')}\n`;
};

/** A metric without any series yet: that there is one is said all the same, so that who looks for its name finds it. */
export const renderSilent = ({ name, kind, help }: MetricSpec): string =>
  `# HELP ${name} ${helpText(help, 'text')}\n# TYPE ${name} ${kind}\n`;

/** OpenMetrics writes bounds as floats. */
const boundText = (bound: number, format: ExpositionFormat): string =>
  format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);

const exemplarText = (exemplar: Exemplar | undefined, format: ExpositionFormat): string =>
  exemplar && format === 'openmetrics'
    ? ` # {trace_id="${exemplar.traceId}",span_id="${exemplar.spanId}"} ${exemplar.value} ${exemplar.atMs / 1_000}`
    : '';

export const renderTimings = (timings: Timings, format: ExpositionFormat): string => {
  const { name, help } = timings.spec;
  const lines: string[] = [];
  for (const { bounds, counts, exemplars, labels, sum } of timings.all()) {
    let below = 0;
    counts.forEach((count, bucket) => {
      below += count;
      const le = bucket < bounds.length ? boundText(bounds[bucket]!, format) : '+Inf';
      const exemplar = exemplarText(exemplars[bucket], format);
      lines.push(`${name}_bucket${labelText(labels, `le="${le}"`)} ${below}${exemplar}`);
    });
    lines.push(`${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${below}`);
  }
  if (lines.length === 0) return '';
  return `# HELP ${name} ${helpText(help, format)}\n# TYPE ${name} histogram\n${lines.join('\n')}\n`;
};

/** What OpenTelemetry's serializer wrote, as OpenMetrics: names of families without `_total`, bounds as floats, quotes in help escaped. */
export const toOpenMetrics = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line !== '' && line !== '# no registered metrics')
    .map((line, at, lines) => {
      const [, what, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (what === undefined) return line.replace(/le="(\d+)"/, 'le="$1.0"');
      const isCounter = (what === 'TYPE' ? line : (lines[at + 1] ?? '')).endsWith(' counter');
      const family = isCounter ? name!.replace(/_total$/, '') : name;
      return `# ${what} ${family} ${what === 'HELP' ? rest!.replaceAll('"', '\\"') : rest}`;
    })
    .map((line) => `${line}\n`)
    .join('');
