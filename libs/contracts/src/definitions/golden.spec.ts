import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compileProject,
  formatFault,
  loadDefinitions,
  parseDefinitions,
  resolveProject,
  type CompiledDefinition,
} from '.';

const fileOf = (path: string) => ({ path, text: readFileSync(path, 'utf8') });
const golden = (name: string) => ({ ...fileOf(join(__dirname, 'golden', name)), path: name });
const faultsOf = (files: { path: string; text: string }[]): string[] => {
  const parsed = parseDefinitions(files);
  return [...parsed.faults, ...resolveProject(parsed.definitions, { broken: parsed.broken }).faults].map(
    formatFault,
  );
};
const compiledOf = (compiled: readonly CompiledDefinition[], key: string): unknown =>
  compiled.find((definition) => definition.key === key)?.compiled;

describe('the smallest project', () => {
  const { project } = loadDefinitions([golden('smallest.yaml')]);
  const compiled = compileProject(project, '1');

  it('has its definitions in the order in which they name each other', () => {
    expect(compiled.map(({ key }) => key)).toEqual([
      'Stream/transactions',
      'Stream/fraud-labels',
      'FeatureView/customer-spend',
      'FeatureService/fraud',
      'Label/fraud',
      'Model/fraud',
      'Deployment/fraud',
    ]);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled);
  });

  it('gives ingestion its stream', () => {
    const always = { required: true, nullable: false };
    expect(compiledOf(compiled, 'Stream/transactions')).toEqual({
      name: 'transactions',
      digest: 'd461271a4950b8ca7569f0841fc70ec75851ad4001f7fb28c614ef517dfad81d',
      key: 'customer_id',
      id: 'transaction_id',
      time: 'event_time',
      partitions: 4,
      latenessMs: 86_400_000,
      dedupeMs: 86_400_000,
      skewMs: 300_000,
      jumpMs: 604_800_000,
      fields: [
        { name: 'transaction_id', type: 'string', ...always },
        { name: 'event_time', type: 'timestamp', ...always },
        { name: 'customer_id', type: 'string', ...always },
        { name: 'terminal_id', type: 'string', ...always },
        { name: 'amount', type: 'number', ...always, decimals: 2, min: 0, max: 100000, unit: 'EUR' },
      ],
      rules: [{ name: 'plausible', check: 'amount < 50000.0', message: 'amount is not plausible' }],
    });
  });

  it('gives the engine its service, with the fields that are read', () => {
    const stream = {
      name: 'transactions',
      time: 'event_time',
      lateness: 86_400_000,
      jump: 604_800_000,
      fields: [
        { name: 'transaction_id', type: 'string' },
        { name: 'event_time', type: 'timestamp' },
        { name: 'customer_id', type: 'string' },
        { name: 'amount', type: 'number', decimals: 2 },
      ],
    };
    expect(compiledOf(compiled, 'FeatureService/fraud')).toEqual({
      name: 'fraud',
      digest: 'a13ebc01bb9888177b1dc52274fb2d7aba97423e5e2f942b01fbee373e371666',
      engine: '1',
      alignMs: 3_600_000,
      trigger: {
        stream: 'transactions',
        key: 'customer_id',
        id: 'transaction_id',
        time: 'event_time',
        partitions: 4,
      },
      views: [
        {
          name: 'customer-spend',
          entity: 'customer_id',
          stream,
          features: [
            { name: 'amount', value: 'amount' },
            { name: 'is_night', value: 'event_time.getHours() < 6' },
            { name: 'tx_count_1d', aggregate: 'count', window: 86_400_000, empty: 0 },
            { name: 'amount_mean_7d', aggregate: 'mean', of: 'amount', window: 604_800_000, empty: null },
          ],
        },
      ],
      features: ['amount', 'is_night', 'tx_count_1d', 'amount_mean_7d'],
    });
  });

  it('gives training, serving and monitoring what they need', () => {
    expect(compiledOf(compiled, 'Label/fraud')).toEqual({
      name: 'fraud',
      digest: '2ca26e8b954427aece0fd68e99db8bbee875c1e3d7aea17f0f4d52d1f530cbac',
      stream: 'fraud-labels',
      key: 'customer_id',
      partitions: 4,
      on: 'transaction_id',
      value: 'is_fraud',
      valueType: 'boolean',
      maturityMs: 604_800_000,
    });
    expect(compiledOf(compiled, 'Model/fraud')).toEqual({
      name: 'fraud',
      digest: '9078f2fb6217145ecae4b87a564ff57c1c6e54afc4083bccc38afbb4a0ce7522',
      task: 'binary',
      service: 'fraud',
      label: 'fraud',
      split: { by: 'time', holdoutMs: 604_800_000, gapMs: 604_800_000 },
      trainer: { kind: 'gbdt', parameters: { trees: 100, depth: 6 }, seed: 0 },
      gates: [{ metric: 'average_precision', min: 0.1 }],
    });
    expect(compiledOf(compiled, 'Deployment/fraud')).toEqual({
      name: 'fraud',
      digest: '08ae4953dbf6e66549b745b4836b2c2d5a1c87bb9ca3d3b8721a2a9a7f6b9a58',
      model: 'fraud',
      task: 'binary',
      service: 'fraud',
      alias: 'champion',
      threshold: 0.5,
      from: 'now',
    });
  });
});

it.each(['entity', 'random'] as const)('a split by %s has a share and a seed', (by) => {
  const { text } = golden('smallest.yaml');
  const split = (options: string): unknown => {
    const changed = text.replace(
      'split: { by: time, holdout: 7d, gap: 7d }',
      `split: { by: ${by}${options} }`,
    );
    const { project } = loadDefinitions([{ path: 'p.yaml', text: changed }]);
    return (compiledOf(compileProject(project, '1'), 'Model/fraud') as { split: unknown }).split;
  };
  expect(split('')).toEqual({ by, holdout: 0.2, seed: 0 });
  expect(split(', holdout: 0.3, seed: 7')).toEqual({ by, holdout: 0.3, seed: 7 });
});

describe('the full project', () => {
  it('is read, and each of its options has a runtime', () => {
    expect(faultsOf([golden('full.yaml')])).toEqual([]);
  });
});

describe('the example', () => {
  it('is a project', () => {
    const { project } = loadDefinitions([
      fileOf(join(__dirname, '../../../../examples/fraud/playhead.yaml')),
    ]);
    expect(project.definitions).toHaveLength(8);
  });
});
