import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileDefinition, formatFault, parseDefinitions, resolveProject } from '.';

const SMALLEST = readFileSync(join(__dirname, 'golden', 'smallest.yaml'), 'utf8');

const read = (options: string, task = 'binary') => {
  const text = `${SMALLEST.replace('task: binary', `task: ${task}`)}
---
kind: Monitor
name: fraud
spec: { deployment: fraud, ${options} }
`;
  const parsed = parseDefinitions([{ path: 'p.yaml', text }]);
  return { parsed, resolved: resolveProject(parsed.definitions, { broken: parsed.broken }) };
};

/** What is said about a monitor with these options, without its place. */
const faultsOf = (options: string, task?: string): string[] => {
  const { parsed, resolved } = read(options, task);
  return [...parsed.faults, ...resolved.faults]
    .map(formatFault)
    .filter((fault) => fault.includes('Monitor fraud'))
    .map((fault) => fault.replace(/^.*Monitor fraud: /, ''));
};

it.each([
  ['a window of nothing', 'window: 0s', 'the window is empty'],
  ['a window of no rows', 'window: { rows: 0 }', 'spec.window.rows'],
  [
    'a correction without a p-value',
    'drift: { correction: benjamini-hochberg }',
    'psi has no p-value to correct',
  ],
  [
    'one number for several statistics',
    'drift: { statistic: auto, threshold: 0.1 }',
    'one number does not fit several statistics',
  ],
  ['a p-value above one', 'drift: { statistic: chi_square, threshold: 5 }', 'a p-value is below 1, not 5'],
  [
    'an unknown feature',
    'drift: { features: [amuont] }',
    'amuont is no feature of fraud; did you mean `amount`?',
  ],
  [
    'an unknown slice',
    'slices: [nowhere]',
    'nowhere is neither a feature of fraud nor a field of transactions',
  ],
  ['an unknown group', 'fairness: [ { group: x, metric: demographic_parity, max: 1 } ]', 'x is neither'],
  [
    'a group without a limit',
    'fairness: [ { group: amount, metric: demographic_parity } ]',
    'write `min`, `max`',
  ],
  ['a metric of other tasks', 'performance: { metric: rmse }', 'rmse is no metric of a binary model'],
  [
    'an estimate of other tasks',
    'performance: { metric: f1, estimate: dle }',
    'dle estimates regression models; this one is binary',
  ],
  ['limits that are none', 'performance: { metric: f1, threshold: {} }', 'write `min`, `max`'],
  ['a target of nothing', 'alert: { to: [ {} ] }', 'a target is one of webhook, alertmanager, slack, email'],
  [
    'a target of two kinds',
    'alert: { to: [ { slack: "http://a/b", webhook: "http://a/c" } ] }',
    'not webhook and slack',
  ],
  ['a URL that is none', 'alert: { to: [ { webhook: somewhere } ] }', 'somewhere is no http URL'],
  [
    'a secret without a webhook',
    'alert: { to: [ { slack: "http://a/b", secret: KEY } ] }',
    '`secret` belongs to a webhook',
  ],
])('%s is refused', (_, options, message) => {
  const faults = faultsOf(options);
  expect(faults).not.toEqual([]);
  expect(faults.join('\n')).toContain(message);
});

it('detectors need errors, fairness needs decisions', () => {
  expect(faultsOf('performance: { metric: rmse, detect: [adwin] }', 'regression').join()).not.toContain(
    'detectors',
  );
  expect(
    faultsOf('fairness: [ { group: amount, metric: demographic_parity, max: 1 } ]', 'regression').join(),
  ).toContain('fairness compares the decisions of binary models; this one is regression');
});

const compiledOf = (options: string) => {
  const { resolved } = read(options);
  const definition = resolved.project.find('Monitor', 'fraud')!;
  return compileDefinition(resolved.project, definition, 'engine').compiled;
};

it.each([
  ['', { windowMs: 86_400_000, drift: { features: 'auto', threshold: 0.2 } }],
  ['window: { rows: 500 }', { windowRows: 500 }],
  ['reference: training', { windowMs: 86_400_000 }],
  ['reference: { windows: 7 }', { reference: { windows: 7, back: 0 } }],
  [
    'drift: { statistic: chi_square }',
    { drift: { features: 'auto', statistic: 'chi_square', threshold: 0.05 } },
  ],
  [
    'drift: { statistic: hellinger }',
    { drift: { features: 'auto', statistic: 'hellinger', threshold: 0.1 } },
  ],
  ['drift: { statistic: auto }', { drift: { features: 'auto', statistic: 'auto' } }],
  ['drift: { statistic: psi, threshold: auto }', { drift: { features: 'auto', threshold: 'auto' } }],
  ['quality: { freshness: 1h, unseen: 0.1 }', { quality: { freshnessMs: 3_600_000, unseen: 0.1 } }],
  [
    'performance: { metric: f1, estimate: cbpe, threshold: auto, detect: [adwin] }',
    { metric: 'f1', estimate: 'cbpe', limits: 'auto', detect: ['adwin'] },
  ],
  [
    'alert: { to: [ { email: [ops@example.org] } ], wait: 1m }',
    {
      alert: {
        to: [{ email: ['ops@example.org'] }],
        group: 'deployment',
        waitMs: 60_000,
        repeatMs: 14_400_000,
      },
    },
  ],
])('%s', (options, expected) => {
  expect(compiledOf(options)).toMatchObject(expected);
});
