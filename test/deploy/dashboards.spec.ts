/** Dashboards name metrics that are there: those of the tables that the code makes its metrics from. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { METRICS } from '../../docs/generate/sources/services';

const FOLDER = join(__dirname, '../../deploy/grafana/dashboards');

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const read = (name: string): Dashboard => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard;
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

const series = new Map(
  METRICS.flatMap(({ metrics }) => Object.values(metrics)).flatMap(({ name, kind, labels }) => {
    const known = new Set(Object.keys(labels));
    if (kind !== 'histogram') return [[name, known] as const];
    return (['bucket', 'sum', 'count'] as const).map(
      (part) => [`${name}_${part}`, part === 'bucket' ? new Set([...known, 'le']) : known] as const,
    );
  }),
);

it.each(names)('%s asks for metrics that services have, by labels that they have', (name) => {
  for (const { targets } of read(name).panels) {
    for (const { expr } of targets) {
      const asked = [...expr.matchAll(/\b((?:playhead|nv|process|nodejs)_[a-z_]+)(?:\{([^}]*)\})?/g)];
      if (expr.startsWith('up{')) continue;
      expect(asked.length).toBeGreaterThan(0);
      for (const [, metric, matchers = ''] of asked) {
        expect([...series.keys()]).toContain(metric);
        const labels = [...matchers.matchAll(/(\w+)\s*(?:=~|!=|=)/g)].map(([, label]) => label!);
        // What the scraper adds.
        const known = [...series.get(metric!)!, 'service', 'instance', 'job'];
        expect(known).toEqual(expect.arrayContaining(labels));
      }
    }
  }
});

const target = {
  type: 'object',
  required: ['refId', 'expr', 'legendFormat'],
  properties: {
    refId: { type: 'string', pattern: '^[A-Z]$' },
    expr: { type: 'string', minLength: 1 },
    legendFormat: { type: 'string' },
  },
};
const datasource = {
  type: 'object',
  required: ['type', 'uid'],
  properties: { type: { const: 'prometheus' }, uid: { const: 'prometheus' } },
};
/** What Grafana's schema 41 asks of the parts that these dashboards have (its CUE kinds `dashboard` and `timeseries`). */
const SCHEMA = {
  type: 'object',
  required: ['uid', 'title', 'schemaVersion', 'time', 'panels'],
  properties: {
    uid: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,40}$' },
    title: { type: 'string', minLength: 1 },
    schemaVersion: { const: 41 },
    refresh: { type: 'string', pattern: '^[0-9]+(s|m|h)$' },
    time: {
      type: 'object',
      required: ['from', 'to'],
      properties: { from: { type: 'string', pattern: '^now' }, to: { const: 'now' } },
    },
    templating: {
      type: 'object',
      required: ['list'],
      properties: {
        list: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'type', 'datasource', 'query', 'refresh'],
            properties: { type: { const: 'query' }, refresh: { enum: [0, 1, 2] }, datasource },
          },
        },
      },
    },
    panels: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['id', 'type', 'title', 'datasource', 'gridPos', 'fieldConfig', 'targets'],
        properties: {
          id: { type: 'integer', minimum: 1 },
          type: { enum: ['timeseries', 'stat', 'table'] },
          datasource,
          gridPos: {
            type: 'object',
            required: ['h', 'w', 'x', 'y'],
            properties: {
              h: { type: 'integer', minimum: 1 },
              w: { type: 'integer', minimum: 1, maximum: 24 },
              x: { type: 'integer', minimum: 0, maximum: 23 },
              y: { type: 'integer', minimum: 0 },
            },
          },
          fieldConfig: {
            type: 'object',
            required: ['defaults', 'overrides'],
            properties: { defaults: { type: 'object', required: ['unit'] }, overrides: { type: 'array' } },
          },
          targets: { type: 'array', minItems: 1, items: target },
        },
      },
    },
  },
};
const isDashboard = new Ajv({ allErrors: true, strict: false }).compile(SCHEMA);

it.each(names)('%s keeps the schema, and no panel covers another', (name) => {
  const dashboard = read(name);
  expect([isDashboard(dashboard), isDashboard.errors ?? []]).toEqual([true, []]);
  const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: h * w }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});

it('are told apart by their ids, and their panels by theirs', () => {
  const dashboards = names.map(read);
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  for (const { panels } of dashboards) expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
