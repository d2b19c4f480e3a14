import { failuresOf, isAbsolute, judgeGates, type Gate, type GateMeasurements } from './gates';

const measured: GateMeasurements = {
  holdout: { average_precision: 0.61, 'f1@0.7': 0.4, rmse: 12 },
  measured: {
    'average_precision-champion': { value: -0.02, low: -0.05, high: 0.01, version: 1 },
    'f1@0.7-champion': { value: 0.1, version: 1 },
    'rmse-champion': { value: null, version: 1, reason: 'it reads another revision' },
    'average_precision/terminal_id': { value: 0.04, of: '77', rows: 61, failed: 3 },
    'average_precision/region': { value: null, reason: 'no value has 50 rows' },
    'demographic_parity@0.5/region': { value: 0.3, of: '1, 4' },
    'disparate_impact@0.5/region': { value: null },
    latency_p99_ms: { value: 7.5 },
    size_bytes: { value: 1_000 },
  },
};

const slice = { metric: 'average_precision', slice: 'terminal_id', rows: 50 };
const champion = { metric: 'average_precision', against: 'champion' };
const parity = { metric: 'demographic_parity', threshold: 0.5, group: 'region' };

it.each<[string, Gate, string]>([
  [
    'absolute',
    { metric: 'average_precision', min: 0.7 },
    'average_precision is 0.61, at least 0.7 is wanted',
  ],
  [
    'not measured',
    { metric: 'roc_auc', min: 0.7, max: 0.9 },
    'roc_auc was not measured, at least 0.7 and at most 0.9 is wanted',
  ],
  ['at a threshold', { metric: 'f1', threshold: 0.7, min: 0.5 }, 'f1@0.7 is 0.4, at least 0.5 is wanted'],
  [
    'of a slice',
    { ...slice, min: 0.05 },
    'average_precision where terminal_id is 77 is 0.04 (61 rows), at least 0.05 is wanted (3 values fail)',
  ],
  [
    'of slices that are too small',
    { ...slice, slice: 'region', min: 0.01 },
    'average_precision by region was not measured: no value has 50 rows',
  ],
  [
    'of fairness',
    { ...parity, max: 0.1 },
    'demographic_parity@0.5 by region (1, 4) is 0.3, at most 0.1 is wanted',
  ],
  [
    'of fairness with one group',
    { ...parity, metric: 'disparate_impact', min: 0.8 },
    'disparate_impact@0.5 by region was not measured',
  ],
  [
    'against the champion',
    { ...champion, tolerance: 0.01 },
    'average_precision is 0.02 worse than that of champion (version 1), at most 0.01 worse is accepted',
  ],
  [
    'against the champion with an interval',
    { ...champion, tolerance: 0.04, confidence: 0.95 },
    'the difference of average_precision to champion (version 1) lies from -0.05 to 0.01 (confidence 0.95), at most 0.04 worse is accepted',
  ],
  [
    'with an interval that was not measured',
    { metric: 'f1', threshold: 0.7, against: 'champion', confidence: 0.9 },
    'the interval of the difference of f1@0.7 to champion (version 1) was not measured',
  ],
  [
    'that could not be compared',
    { metric: 'rmse', against: 'champion' },
    'rmse was not compared with champion (version 1): it reads another revision',
  ],
  [
    'against one that was not looked at',
    { ...champion, against: 'production' },
    'average_precision was not compared with production',
  ],
  ['of latency', { metric: 'latency_p99_ms', max: 5 }, 'latency_p99_ms is 7.5, at most 5 is wanted'],
  ['of size', { metric: 'size_bytes', max: 999 }, 'size_bytes is 1000, at most 999 is wanted'],
])('a gate %s fails with its reason', (_, gate, reason) => {
  const results = judgeGates([gate], measured);
  expect([results[0]!.passed, failuresOf(results)]).toEqual([false, reason]);
});

it.each<[Gate, number | null]>([
  [{ metric: 'average_precision', min: 0.6, max: 0.7 }, 0.61],
  [{ ...slice, min: 0.04 }, 0.04],
  [{ metric: 'f1', threshold: 0.7, against: 'champion' }, 0.4],
  [{ ...parity, max: 0.3 }, 0.3],
  [{ ...champion, tolerance: 0.02 }, 0.61],
  [{ ...champion, tolerance: 0.05, confidence: 0.95 }, 0.61],
  [{ metric: 'latency_p99_ms', max: 7.5 }, 7.5],
  [{ metric: 'size_bytes', max: 1_000 }, 1_000],
])('%j holds at its bound', (gate, value) => {
  expect(judgeGates([gate], measured)[0]).toMatchObject({ ...gate, value, passed: true });
});

it('passes a gate against an alias that named nothing yet, but not one that also has a bound', () => {
  expect(judgeGates([champion], { holdout: measured.holdout }, ['champion'])).toEqual([
    { ...champion, value: 0.61, passed: true, reason: 'no champion to compare with' },
  ]);
  const both = { ...champion, min: 0.7 };
  expect(failuresOf(judgeGates([both], { holdout: measured.holdout }, ['champion']))).toBe(
    'average_precision is 0.61, at least 0.7 is wanted',
  );
});

it('knows which gates later windows can be held against', () => {
  const bound = { min: 0.1 };
  const gates: Gate[] = [
    { metric: 'average_precision', ...bound },
    { ...champion, ...bound },
    champion,
    { ...slice, ...bound },
    { ...parity, ...bound },
    { metric: 'size_bytes', ...bound },
  ];
  expect(gates.map(isAbsolute)).toEqual([true, true, false, false, false, false]);
});
