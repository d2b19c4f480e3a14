import { compareWithBaselines } from './baselines';
import { median, percentile } from './statistics';
import { formatNumber, renderTable } from './table';

describe('percentile', () => {
  it('is the smallest value with at least that share at or below it', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.99, 0.995, 1].map((q) => percentile(hundred, q))).toEqual([1, 50, 99, 100, 100]);
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle, and leaves its input alone', () => {
    const values = [9, 1, 10];
    expect(median(values)).toBe(9);
    expect(values).toEqual([9, 1, 10]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('renderTable', () => {
  it('puts names to the left, numbers to the right, and a dash for nothing', () => {
    const table = {
      title: 'speed',
      columns: ['', 'events/s', 'note'],
      rows: [
        ['playhead', 41_000.4, 'three hops'],
        ['other', null, 'one'],
      ],
    };
    expect(renderTable(table)).toBe(
      [
        'speed',
        '            events/s  note',
        '  playhead    41,000  three hops',
        '  other            -  one',
      ].join('\n'),
    );
  });

  it.each([
    [1_234_567.8, '1,234,568'],
    [12.3456, '12.3'],
    [0.012345, '0.0123'],
    [3, '3'],
    [Number.NaN, '-'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe('compareWithBaselines', () => {
  const baselines = {
    'pipeline.ratio': { value: 2, tolerance: 0.25, better: 'more' },
    'latency.p50_ms': { value: 10, tolerance: 0.5, better: 'less' },
    'recovery.wrong_values': { value: 0, tolerance: 0, better: 'less' },
  } as const;
  const worse = (figures: Record<string, number>): string[] =>
    compareWithBaselines(figures, baselines).flatMap(({ figure, isWorse }) => (isWorse ? [figure] : []));

  it('lets through what is better, equal, or worse by no more than the tolerance', () => {
    expect(
      worse({ 'pipeline.ratio': 1.5, 'latency.p50_ms': 15, 'recovery.wrong_values': 0, 'other.figure': 1 }),
    ).toEqual([]);
    expect(worse({ 'pipeline.ratio': 9, 'latency.p50_ms': 1 })).toEqual([]);
  });

  it('names what is worse, and what is no number', () => {
    expect(worse({ 'pipeline.ratio': 1.49, 'latency.p50_ms': 15.1, 'recovery.wrong_values': 1 })).toEqual([
      'pipeline.ratio',
      'latency.p50_ms',
      'recovery.wrong_values',
    ]);
    expect(worse({ 'pipeline.ratio': Number.NaN })).toEqual(['pipeline.ratio']);
  });

  it('compares only what was measured', () => {
    expect(compareWithBaselines({ 'pipeline.ratio': 2 }, baselines)).toEqual([
      { figure: 'pipeline.ratio', value: 2, baseline: 2, limit: 1.5, isWorse: false },
    ]);
  });
});
