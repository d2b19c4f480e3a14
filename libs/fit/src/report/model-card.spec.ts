import { TrainingRequested } from '#contracts';
import { Rng } from '#kernel';
import { groupTexts } from '#learn';
import { fitModel } from '../fit-model';
import { writeModelCard } from './card-markdown';
import { readEvaluation } from './evaluation-report';
import { cardOf, type CardFacts } from './model-card';

const rng = new Rng(1);
const part = (rows: number) => {
  const amount = Float64Array.from({ length: rows }, () => rng.uniform());
  return {
    partitions: new Float64Array(rows),
    columns: [amount],
    labels: amount.map((value) => (value + 0.2 * rng.uniform() > 0.6 ? 1 : 0)),
    times: Float64Array.from({ length: rows }, (_, row) => row * 3_600_000),
    texts: { region: groupTexts(Array.from({ length: rows }, (_, row) => (row % 2 ? 'a|b*' : '<i>'))) },
  };
};

const fitted = fitModel({
  request: {
    task: 'binary',
    trainer: { kind: 'logistic', parameters: {} },
    seed: 1,
    gates: [],
    evaluate: {
      slices: ['region'],
      fairness: { group: 'region' },
      costs: { false_positive: 1, false_negative: 5 },
      folds: 2,
      backtest: { origins: 2, horizon_ms: 20 * 3_600_000 },
    },
  },
  features: ['amount'],
  train: part(200),
  holdout: part(120),
});

const facts: CardFacts = {
  model: 'fraud',
  version: 3,
  task: 'binary',
  run: 'run-0-12',
  revision: '1',
  definition: TrainingRequested.sample.definition,
  trainer: 'logistic',
  parameters: { l2: 0.1, categorical: ['weekday'] },
  seed: 1,
  files: { artifact: 'a'.repeat(64), manifest: 'b'.repeat(64) },
  dataset: 'c'.repeat(64),
  features: ['amount'],
  metrics: fitted.metrics,
  measured: {
    'roc_auc-champion': { value: 0.01, low: -0.02, high: 0.04, version: 2 },
    latency_p50_ms: { value: 0.02, rows: 300 },
    latency_p99_ms: { value: 0.05, rows: 300 },
    size_bytes: { value: 12_345 },
  },
  report: readEvaluation(Buffer.from(fitted.evaluation)),
  governance: {
    status: 'approved',
    registered_at: '2026-01-01T00:00:00.000Z',
    gates: [{ metric: 'roc_auc', against: 'champion', value: 0.9, passed: true, reason: 'as good' }],
    review: { verdict: 'approved', by: 'grace', comment: 'fine\n# not a heading' },
    aliases: ['champion'],
  },
};

it('has a section for all that is known', () => {
  const text = writeModelCard(cardOf(facts));
  expect(text.match(/^## .*/gm)).toEqual([
    '## Model details',
    '## Intended use',
    '## Data',
    '## Metrics',
    '## Beside other versions',
    '## Decisions on the hold-out',
    '## Calibration',
    '## Slices of the hold-out',
    '## Fairness',
    '## Cross-validation',
    '## Backtest with rolling origin',
    '## What it goes by',
    '## Decisions about this version',
    '## Caveats',
    '## How to get the same bytes',
  ]);
  expect(text).toContain('# fraud@3');
  expect(text).toContain('l2 0.1, categorical \\["weekday"\\]');
  expect(text).toContain('`aaaaaaaa');
  expect(text).toContain('12,345 bytes');
  expect(text).toContain('| `roc_auc-champion` | 2 | 0.01 | -0.02 to 0.04 |');
});

it('shows what others wrote as text, not as markup', () => {
  const text = writeModelCard(cardOf(facts));
  expect(text).toContain('a\\|b\\*');
  expect(text).toContain('\\<i\\>');
  expect(text).toContain('approved by grace: fine \\# not a heading.');
});

it('has a table row of as many cells as its head', () => {
  const lines = writeModelCard(cardOf(facts)).split('\n');
  const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length;
  lines.forEach((line, index) => {
    if (line.startsWith('|') && lines[index - 1]?.startsWith('|'))
      expect([line, cells(line)]).toEqual([line, cells(lines[index - 1]!)]);
  });
});

it('gets along with a version of which there is little', () => {
  const { report: _, governance: __, measured: ___, ...little } = facts;
  const card = cardOf({ ...little, origin: 'imported' });
  expect(card).toMatchObject({
    analyses: null,
    governance: null,
    intervals: null,
    reproduction: { command: null },
    caveats: ['There is no evaluation report: only the metrics above were measured.'],
  });
  expect(writeModelCard(card)).toContain('| origin | imported |');
});

it('says what a reader must know of how the numbers came about', () => {
  const { caveats } = cardOf(facts);
  expect(caveats.join(' ')).toContain('chosen on the rows that it is judged by');
});

it('says of an online learner what its hold-out is', () => {
  expect(cardOf({ ...facts, origin: 'online' }).caveats[0]).toContain('before their label was known');
});

it('writes whole numbers as they are, and the article of the task', () => {
  const card = cardOf({ ...facts, task: 'anomaly' });
  const text = writeModelCard({
    ...card,
    metrics: [{ ...card.metrics[0]!, name: 'bytes', holdout: 17_454 }],
  });
  expect(text).toContain('\n\nAn anomaly model by');
  expect(text).toMatch(/^\| `bytes` \|.*\| 17454 \|/m);
});
