/** The alert rules and Prometheus's own configuration, checked and run by Prometheus's own tool; and Alertmanager's by its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianProgram, run } from '#localstack';
import { parse } from 'yaml';
import { METRICS } from '../../docs/generate/sources/services';

jest.setTimeout(120_000);

const DEPLOY = join(__dirname, '..', '..', 'deploy');
const RULES = join(DEPLOY, 'prometheus', 'rules');
const TESTS = join(DEPLOY, 'prometheus', 'tests');
const yamlIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name));

/** Undefined where neither PATH nor a Debian mirror has it: said loudly, since nothing is checked then. */
const toolOf = async (name: string, debianPackage: string): Promise<string | undefined> => {
  try {
    return await debianProgram(name, debianPackage);
  } catch (error) {
    process.stderr.write(`\nSKIPPED: ${name} cannot be had, so no rule is checked by it: ${String(error)}\n`);
    return undefined;
  }
};

const expectWell = async (tool: string | undefined, ...args: string[]): Promise<void> => {
  if (tool === undefined) return;
  const { code, output } = await run(tool, args, { env: process.env });
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
};

describe('Prometheus', () => {
  let promtool: string | undefined;
  beforeAll(async () => {
    promtool = await toolOf('promtool', 'prometheus');
  });

  it('takes its configuration', () =>
    expectWell(promtool, 'check', 'config', join(DEPLOY, 'prometheus', 'prometheus.yml')));

  it('takes the rules', () => expectWell(promtool, 'check', 'rules', ...yamlIn(RULES)));

  it.each(yamlIn(TESTS))('raises what %s says, and nothing else', (file) =>
    expectWell(promtool, 'test', 'rules', file),
  );
});

it('Alertmanager takes its configuration', async () => {
  const amtool = await toolOf('amtool', 'prometheus-alertmanager');
  await expectWell(amtool, 'check-config', join(DEPLOY, 'alertmanager', 'alertmanager.yml'));
});

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}
const rules = yamlIn(RULES).flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap((group) => group.rules),
);

it.each(rules.map(({ alert, expr }) => [alert, expr]))(
  '%s asks for metrics that services have',
  (_, expr) => {
    const known = METRICS.flatMap(({ metrics }) => Object.values(metrics).map(({ name }) => name));
    const asked = [
      ...expr.matchAll(/\b((?:playhead|process|nodejs)_[a-z_]+?)(?:_bucket|_count|_sum)?(?=[{[)\s])/g),
    ];
    if (!expr.startsWith('up{')) expect(asked.length).toBeGreaterThan(0);
    for (const [, metric] of asked) expect(known).toContain(metric);
  },
);

it('has a test of each rule but those whose limit is one of taste', () => {
  const tested = yamlIn(TESTS)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const untested = rules.map(({ alert }) => alert).filter((alert) => !tested.includes(`alertname: ${alert}`));
  expect(untested.sort()).toEqual(['PlayheadEventLoopBlocked', 'PlayheadRequestsSlow', 'PlayheadRetries']);
});
