/** What the dashboards and the rules below `deploy/` ask Prometheus for. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const DEPLOY = join(__dirname, '../../deploy');
const below = (folder: string, ending: string): string[] =>
  readdirSync(join(DEPLOY, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(DEPLOY, folder, name), 'utf8'));

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}
interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

export const expressions = (): string[] => [
  ...below('grafana/dashboards', '.json').flatMap((text) =>
    (JSON.parse(text) as Dashboard).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ),
  ...below('prometheus/rules', '.yml').flatMap((text) =>
    (parse(text) as RuleFile).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ),
];

/** Names of metrics as `# TYPE` lines say them: of a histogram without the ending of a part. */
export const metricsAsked = (): string[] => [
  ...new Set(
    expressions()
      .flatMap((expr) => [...expr.matchAll(/\b(?:playhead|nv|process|nodejs)_[a-z_]+/gu)])
      .map(([name]) =>
        name.replace(/_seconds_(?:bucket|sum|count)$|_rows_(?:bucket|sum|count)$/u, (end) =>
          end.replace(/_(?:bucket|sum|count)$/u, ''),
        ),
      ),
  ),
];
