/** Dashboards name metrics that are there: those of the tables that the code makes its metrics from. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '../../docs/generate/sources/services';

const FOLDER = join(__dirname, '../../deploy/grafana/dashboards');

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
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

it('are told apart by their ids, and their panels by theirs', () => {
  const dashboards = names.map(read);
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  for (const { panels } of dashboards) expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
