import { scoreMetricsOf } from '#contracts';
import { Rng } from '#kernel';
import { TASKS, evaluate, groupTexts, metricsOfTask } from '#learn';
import { fitModel, type FitJob, type Part } from './fit-model';
import { readEvaluation, type EvaluationReport } from './report';

const DAY = 86_400_000;

/** Two features; the label follows the first one. Rows a tenth of a day apart, entities in turn. */
const part = (rows: number, seed: number, from = 0): Part => {
  const rng = new Rng(seed);
  const column = (): Float64Array => Float64Array.from({ length: rows }, () => rng.uniform());
  const columns = [column(), column()];
  return {
    partitions: new Float64Array(rows),
    columns,
    labels: Float64Array.from(columns[0]!, (value) => (value + 0.6 * rng.uniform() > 0.8 ? 1 : 0)),
    times: Float64Array.from({ length: rows }, (_, row) => from + (row * DAY) / 10),
    texts: { region: groupTexts(Array.from({ length: rows }, (_, row) => 'nsw'[row % 3]!)) },
  };
};

const jobOf = (request: Partial<FitJob['request']> = {}, over: Partial<FitJob> = {}): FitJob => ({
  request: {
    task: 'binary',
    trainer: { kind: 'logistic', parameters: {} },
    seed: 7,
    gates: [],
    split: { by: 'time', holdout_ms: 12 * DAY, gap_ms: 2 * DAY },
    key: 'region',
    ...request,
  },
  features: ['amount', 'gap'],
  train: part(400, 1),
  holdout: part(120, 2, 42 * DAY),
  ...over,
});

const reportOf = (job: FitJob): EvaluationReport => readEvaluation(Buffer.from(fitModel(job).evaluation));

it('is the same text for the same job', () => {
  const evaluation = { folds: 3, slices: ['region', 'amount'] };
  expect(fitModel(jobOf({ evaluate: evaluation })).evaluation).toBe(
    fitModel(jobOf({ evaluate: evaluation })).evaluation,
  );
});

it('has intervals around the metrics of the hold-out, those of gates too', () => {
  const { metrics, intervals, rows } = reportOf(
    jobOf({ gates: [{ metric: 'recall', threshold: 0.3, min: 0.1 }] }),
  );
  expect(intervals).toMatchObject({ samples: 200, confidence: 0.95, unit: 'row', seed: 7 });
  expect(Object.keys(intervals!.holdout).sort()).toEqual([...metricsOfTask('binary'), 'recall@0.3'].sort());
  for (const name of ['roc_auc', 'average_precision', 'log_loss', 'recall@0.3']) {
    const { low, high } = intervals!.holdout[name]!;
    expect(low).toBeLessThan(metrics.holdout[name]!);
    expect(high).toBeGreaterThan(metrics.holdout[name]!);
  }
  expect(rows.holdout).toMatchObject({
    rows: 120,
    labelled: 120,
    from: '1970-02-12T00:00:00.000Z',
    to: '1970-02-23T21:36:00.000Z',
  });
  expect(reportOf(jobOf({ evaluate: { bootstrap: 0 } })).intervals).toBeUndefined();
});

it('says what decisions cost, at which threshold least, and how probabilities come true', () => {
  const { decisions, costs, calibration, metrics } = reportOf(
    jobOf({ evaluate: { costs: { false_positive: 1, false_negative: 9 } } }),
  );
  expect(costs!.calibrated_threshold).toBe(0.1);
  expect(costs!.cost).toBeLessThanOrEqual(
    Math.min(costs!.cost_of_all, costs!.cost_of_none, costs!.calibrated_cost),
  );
  expect(decisions!.map(({ threshold }) => threshold)).toEqual(
    [0.1, costs!.threshold!, 0.5].sort((a, b) => a - b),
  );
  const half = decisions!.find(({ threshold }) => threshold === 0.5)!;
  expect(half.true_positives + half.false_positives + half.false_negatives + half.true_negatives).toBe(120);
  expect(half.f1).toBe(metrics.holdout['f1']);
  for (const { bins } of Object.values(calibration!))
    expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(120);
});

describe('gates by slice and of fairness', () => {
  it('go by the worst value, and by the two that are furthest apart', () => {
    const job = jobOf({
      gates: [
        { metric: 'roc_auc', slice: 'region', rows: 30, min: 0.99 },
        { metric: 'roc_auc', slice: 'amount', rows: 20, min: 0.2 },
        { metric: 'demographic_parity', group: 'region', threshold: 0.5, max: 0.5 },
        { metric: 'disparate_impact', group: 'region', threshold: 0.5, min: 0.5 },
      ],
    });
    const { measured, evaluation, metrics } = fitModel(job);
    const { slices, fairness } = readEvaluation(Buffer.from(evaluation));
    const regions = slices.find(({ field }) => field === 'region')!;
    expect(regions.slices.map(({ value, rows }) => [value, rows])).toEqual([
      ['n', 40],
      ['s', 40],
      ['w', 40],
    ]);
    const worst = [...regions.slices].sort((a, b) => a.metrics['roc_auc']! - b.metrics['roc_auc']!)[0]!;
    expect(measured['roc_auc/region']).toEqual({
      value: worst.metrics['roc_auc'],
      of: worst.value,
      rows: 40,
      failed: 3,
      failing: expect.arrayContaining(['n', 's', 'w']) as string[],
    });
    expect(measured['roc_auc/region']!.failing![0]).toBe(worst.value);
    // Within a range of the one feature that matters there is little left to tell by.
    expect(measured['roc_auc/amount']!.value).toBeLessThan(metrics.holdout['roc_auc']!);
    const { demographic_parity: parity, disparate_impact: impact, groups } = fairness[0]!;
    const rates = groups.map(({ selection_rate }) => selection_rate);
    expect(parity!.value).toBeCloseTo(Math.max(...rates) - Math.min(...rates), 12);
    expect(measured['demographic_parity@0.5/region']).toEqual({
      value: parity!.value,
      of: parity!.between.join(' and '),
      rows: 120,
    });
    expect(measured['disparate_impact@0.5/region']!.value).toBe(impact!.value);
  });

  it('say that the reference is not among the groups', () => {
    const { measured } = fitModel(
      jobOf({
        gates: [{ metric: 'demographic_parity', group: 'region', threshold: 0.5, max: 0.1 }],
        evaluate: { fairness: { group: 'region', reference: 'vic' } },
      }),
    );
    expect(measured['demographic_parity@0.5/region']!.reason).toContain('the reference vic is none of them');
  });

  it('say why there is nothing to go by', () => {
    const { measured } = fitModel(
      jobOf({
        gates: [
          { metric: 'roc_auc', slice: 'region', rows: 41, min: 0.1 },
          { metric: 'roc_auc', slice: 'colour', rows: 1, min: 0.1 },
          { metric: 'equal_opportunity', group: 'colour', threshold: 0.5, max: 0.1 },
          { metric: 'disparate_impact', group: 'region', threshold: 1, min: 0.5 },
        ],
      }),
    );
    expect(measured).toMatchObject({
      'roc_auc/region': { value: null, reason: expect.stringContaining('has 41 rows') as string },
      'roc_auc/colour': { value: null, reason: expect.stringContaining('has no colour') as string },
      'equal_opportunity@0.5/colour': { value: null },
      'disparate_impact@1/region': {
        value: null,
        reason: expect.stringContaining('positive decision') as string,
      },
    });
  });
});

describe('folds', () => {
  it('in order of time leave the gap of the split, and are summed up', () => {
    const { folds } = reportOf(jobOf({ evaluate: { folds: 4, bootstrap: 0 } }));
    expect(folds).toMatchObject({ by: 'time', gap_ms: 2 * DAY, asked: 4 });
    expect(folds!.folds.map(({ train, test }) => [train, test])).toEqual([
      [60, 80],
      [140, 80],
      [220, 80],
      [300, 80],
    ]);
    const aucs = folds!.folds.map(({ metrics }) => metrics['roc_auc']!);
    expect(folds!.mean['roc_auc']).toBeCloseTo(aucs.reduce((a, b) => a + b) / 4, 12);
    expect(Math.min(...aucs)).toBeGreaterThan(0.8);
  });

  it('by entity keep each on one side', () => {
    const { folds } = reportOf(
      jobOf({
        split: { by: 'entity', holdout: 0.2, seed: 1 },
        evaluate: { folds: 3, bootstrap: 0 },
      }),
    );
    expect(folds!.by).toBe('entity');
    expect(folds!.folds.map(({ test }) => test).sort()).toEqual([133, 133, 134]);
  });

  it('roll over the whole data set, and tell a fold that cannot be learned from', () => {
    const early = part(400, 1);
    early.labels.fill(0, 0, 280);
    const { backtest } = reportOf(
      jobOf({ evaluate: { backtest: { origins: 4, horizon_ms: 9 * DAY }, bootstrap: 0 } }, { train: early }),
    );
    expect(
      backtest!.folds.map(({ after, refused }) => [after!.slice(0, 10), refused?.includes('labels are 0')]),
    ).toEqual([
      ['1970-01-18', true],
      ['1970-01-27', true],
      ['1970-02-05', undefined],
      ['1970-02-14', undefined],
    ]);
    expect(backtest!.mean['roc_auc']).toBeGreaterThan(0.7);
  });
});

it('knows which features matter, and what moved a row', () => {
  const { importance, explained } = reportOf(jobOf());
  expect(importance.learned!.map(({ feature }) => feature)).toEqual(['amount', 'gap']);
  expect(importance.learned![0]!.share).toBeGreaterThan(0.8);
  const [amount, gap] = importance.permutation!.features;
  expect(amount!.drop).toBeGreaterThan(10 * Math.abs(gap!.drop));
  expect(importance.contributions!.features[0]!.mean).toBeGreaterThan(
    importance.contributions!.features[1]!.mean,
  );
  expect(explained).toHaveLength(20);
  for (const { base, contributions, score } of explained!) {
    const margin = base + contributions['amount']! + contributions['gap']!;
    expect(1 / (1 + Math.exp(-margin))).toBeCloseTo(score, 6);
  }
});

describe('other tasks', () => {
  it('classes have a confusion matrix', () => {
    const classes = (from: Part): Part => ({
      ...from,
      labels: from.columns[0]!.map((value) => Math.floor(value * 3)),
    });
    const job = jobOf(
      { task: 'multiclass' },
      { train: classes(part(300, 1)), holdout: classes(part(90, 2)) },
    );
    const { confusion, metrics, rows, explained, intervals } = reportOf(job);
    expect(confusion!.flat().reduce((a, b) => a + b)).toBe(90);
    expect(confusion!.map((row) => row.reduce((a, b) => a + b))).toEqual(rows.holdout.classes);
    expect(metrics.holdout['accuracy']).toBeGreaterThan(0.5);
    expect(intervals!.holdout['roc_auc_ovr']).not.toBeNull();
    expect(explained![0]!.class).toBeDefined();
    expect(fitModel(job).probe.scores).toHaveLength(270);
  });

  it('a regression has quantiles of its errors', () => {
    const { errors, metrics } = reportOf(
      jobOf({ task: 'regression', trainer: { kind: 'linear', parameters: {} } }),
    );
    expect(errors!.p05).toBeLessThan(errors!.p95);
    expect(metrics.holdout['rmse']).toBeLessThan(0.5);
  });

  it('a model from elsewhere is judged by its answers', () => {
    const holdout = { ...part(60, 2), labels: new Float64Array(60).fill(Number.NaN) };
    [0, 1, 0, 1].forEach((label, row) => (holdout.labels[row] = label));
    const foreign = {
      onnx: new Uint8Array(),
      train: new Float64Array(400),
      holdout: Float64Array.from(holdout.labels, (label) => (label === 1 ? 2 : 1)),
    };
    const { metrics, rows, importance } = reportOf(
      jobOf({ task: 'anomaly', trainer: { kind: 'command', parameters: {} } }, { holdout, foreign }),
    );
    expect(metrics.holdout['roc_auc']).toBe(1);
    expect([rows.holdout.rows, rows.holdout.labelled]).toEqual([60, 4]);
    expect(importance).toEqual({});
  });

  it('a ranking is judged by whole queries, wherever their rows stand', () => {
    const holdout: Part = {
      ...part(6, 2),
      texts: { user: groupTexts(['a', 'b', 'a', 'b', 'b', 'a']) },
      labels: Float64Array.of(1, 0, 0, 1, 0, 0),
    };
    const foreign = {
      onnx: new Uint8Array(),
      train: new Float64Array(400),
      holdout: Float64Array.of(3, 3, 2, 2, 1, 1),
    };
    const { metrics, rows, intervals } = reportOf(
      jobOf(
        { task: 'ranking', query: 'user', trainer: { kind: 'command', parameters: {} } },
        { holdout, foreign },
      ),
    );
    expect(metrics.holdout['mrr']).toBe(0.75);
    expect(rows.holdout.queries).toBe(2);
    expect(intervals!.unit).toBe('query');
  });
});

it('has the metrics that definitions can name, for the same tasks, and means the same by them', () => {
  for (const task of TASKS) {
    expect([...scoreMetricsOf(task)].sort()).toEqual([...metricsOfTask(task)].sort());
    const two = Float64Array.of(0, 1);
    const answered = evaluate(task, two, task === 'multiclass' ? Float64Array.of(1, 0, 0, 1) : two);
    expect(Object.keys(answered).sort()).toEqual([...metricsOfTask(task)].sort());
  }
});

it('refuses bytes that are no report', () => {
  expect(() => readEvaluation(Buffer.from('{"version":2}'))).toThrow('no evaluation report of version 1');
  expect(() => readEvaluation(Buffer.from('x'))).toThrow('no evaluation report');
});
