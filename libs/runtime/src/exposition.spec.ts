import { formatFor } from './exposition';
import { createMetrics } from './metrics';

const exposed = () => {
  const metrics = createMetrics();
  metrics
    .counter({
      name: 'playhead_things_total',
      kind: 'counter',
      unit: 'things',
      labels: {},
      help: 'a "quoted" help',
    })
    .add(2, {});
  metrics.named(
    {
      name: 'nv_things',
      kind: 'counter',
      unit: 'things',
      labels: { model: 'a model' },
      help: 'counted elsewhere',
    },
    () => [{ value: 3, labels: { model: 'a "b"\\\n' } }],
  );
  const timings = metrics.timings({
    name: 'took_seconds',
    kind: 'histogram',
    unit: 'seconds',
    labels: { status: 'how it ended' },
    help: 'how long it took',
    boundaries: [0.5, 1],
  });
  const series = timings.series({ status: 'ok' });
  const of = (value: number) => ({ value, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), atMs: 1_500 });
  series.record(0.5, of(0.5));
  series.record(0.75);
  series.record(7, of(7));
  expect(timings.series({ status: 'ok' })).toBe(series);
  return metrics;
};

it('writes histograms and foreign names in the text of Prometheus', async () => {
  expect(await exposed().render()).toContain(
    [
      '# HELP nv_things counted elsewhere',
      '# TYPE nv_things counter',
      'nv_things{model="a \\"b\\"\\\\\\n"} 3',
      '# HELP took_seconds how long it took',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{status="ok",le="0.5"} 1',
      'took_seconds_bucket{status="ok",le="1"} 2',
      'took_seconds_bucket{status="ok",le="+Inf"} 3',
      'took_seconds_sum{status="ok"} 8.25',
      'took_seconds_count{status="ok"} 3',
      '',
    ].join('\n'),
  );
});

it('writes OpenMetrics with exemplars', async () => {
  const exemplar = (value: number): string =>
    ` # {trace_id="${'a'.repeat(32)}",span_id="${'b'.repeat(16)}"} ${value} 1.5`;
  expect(await exposed().render('openmetrics')).toBe(
    [
      '# HELP playhead_things a \\"quoted\\" help',
      '# TYPE playhead_things counter',
      'playhead_things_total 2',
      '# HELP nv_things counted elsewhere',
      '# TYPE nv_things unknown',
      'nv_things{model="a \\"b\\"\\\\\\n"} 3',
      '# HELP took_seconds how long it took',
      '# TYPE took_seconds histogram',
      `took_seconds_bucket{status="ok",le="0.5"} 1${exemplar(0.5)}`,
      'took_seconds_bucket{status="ok",le="1.0"} 2',
      `took_seconds_bucket{status="ok",le="+Inf"} 3${exemplar(7)}`,
      'took_seconds_sum{status="ok"} 8.25',
      'took_seconds_count{status="ok"} 3',
      '# EOF',
      '',
    ].join('\n'),
  );
});

it.each([
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
  ['application/openmetrics-text; q=0, text/plain', 'text'],
  ['text/plain', 'text'],
  ['*/*', 'text'],
  [undefined, 'text'],
])('answers %s with %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
