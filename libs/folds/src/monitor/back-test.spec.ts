import type { MonitorBackTest } from './back-test';
import { DAY, backTest, referenceOf, rowsOf, type PastRow } from './back-test.testing';

const REFERENCE = referenceOf(rowsOf(1, 10, 300));
const QUIET = rowsOf(2, 8, 300);

const told = ({ alerts }: MonitorBackTest): string[] =>
  alerts.map(
    ({ type, fact }) =>
      `${type} ${fact.kind} ${fact.subject}${fact.slice ? ` ${fact.slice.field}=${fact.slice.value}` : ''} ${fact.window.start.slice(8, 10)}`,
  );

/** From day 4 on. */
const changed = (how: (row: PastRow, n: number) => Partial<PastRow>): PastRow[] => {
  let n = 0;
  return rowsOf(3, 8, 300, (row, day) => (day < 4 ? row : { ...row, ...how(row, n++) }));
};

const higherAmounts = changed(({ values: [amount, ...rest] }) => ({ values: [amount! * 3, ...rest] }));

describe('drift', () => {
  it('is told of the features that are chosen, and of no other', () => {
    const drift = { features: ['gap', 'channel'], threshold: 0.2 };
    const { reports } = backTest(higherAmounts, REFERENCE, { drift });
    expect(reports[0]!.drift.features.map(({ name }) => name)).toEqual(['gap', 'channel']);
    expect(told(backTest(higherAmounts, REFERENCE, { drift }))).toEqual([]);
    expect(told(backTest(higherAmounts, REFERENCE, { drift: { ...drift, features: ['amount'] } }))).toEqual([
      'raised feature-drift amount 05',
    ]);
  });

  it.each(['jensen_shannon', 'kl', 'hellinger', 'wasserstein', 'kolmogorov_smirnov', 'auto'])(
    'is told by %s',
    (statistic) => {
      const found = backTest(higherAmounts, REFERENCE, { drift: { features: ['amount'], statistic } });
      expect(told(found).filter((each) => each.includes('amount'))).toEqual([
        'raised feature-drift amount 05',
      ]);
      expect(found.reports[5]!.drift.features[0]).toMatchObject({
        drifted: true,
        effect: expect.any(Number),
      });
    },
  );

  it('has thresholds that are learned from the chunks of the reference; a quiet stream stays below', () => {
    const drift = { features: 'auto' as const, threshold: 'auto' as const };
    const quiet = backTest(QUIET, REFERENCE, { drift }).reports.map((report) => report.drift);
    const verdicts = quiet.flatMap(({ features }) => features.filter(({ drifted }) => drifted));
    // Three deviations, told by ten chunks: about two in a hundred by chance.
    expect(verdicts.length).toBeLessThanOrEqual(2);
    const found = backTest(higherAmounts, REFERENCE, { drift });
    expect(told(found)).toContain('raised feature-drift amount 05');
    const { threshold, value } = found.reports[5]!.drift.features[0]!;
    expect(threshold).toBeLessThan(0.2);
    expect(value).toBeGreaterThan(threshold!);
  });

  it('says where there is nothing to learn from, and takes the default', () => {
    const plain = { ...REFERENCE, features: REFERENCE.features.map((each) => ({ ...each, chunks: [] })) };
    const { reports } = backTest(QUIET, plain, { drift: { features: ['amount'], threshold: 'auto' } });
    expect(reports[0]!.drift.features[0]!.threshold).toBe(0.2);
    expect(reports[0]!.notes).toEqual([
      'no threshold could be learned: the reference has no chunks, the default of the statistic holds',
    ]);
  });

  it('of many tests is corrected', () => {
    const drift = { features: 'auto' as const, statistic: 'kolmogorov_smirnov', threshold: 0.05 };
    const plain = backTest(QUIET, REFERENCE, { drift });
    const corrected = backTest(QUIET, REFERENCE, { drift: { ...drift, correction: 'benjamini-hochberg' } });
    const drifted = ({ reports }: MonitorBackTest): number =>
      reports.reduce((sum, report) => sum + report.drift.drifted, 0);
    expect(drifted(corrected)).toBeLessThanOrEqual(drifted(plain));
    for (const [i, report] of corrected.reports.entries()) {
      const values = report.drift.features.map(({ value }) => value!).sort((a, b) => a - b);
      const stand = values.filter((_, k) =>
        values.slice(k).some((p, j) => p <= (0.05 * (k + j + 1)) / values.length),
      );
      expect([i, report.drift.drifted]).toEqual([i, stand.length]);
    }
  });

  it('of the data set is told from a share of its features on', () => {
    const drift = { features: 'auto' as const, threshold: 0.2, share: 0.5 };
    const both = changed(({ values: [amount, gap, channel] }) => ({
      values: [amount! * 3, gap! * 3, channel!],
    }));
    expect(told(backTest(higherAmounts, REFERENCE, { drift }))).not.toContain('raised dataset-drift data 05');
    expect(told(backTest(both, REFERENCE, { drift }))).toContain('raised dataset-drift data 05');
  });

  it('of features together is told where each of them is as before', () => {
    let last: number | undefined;
    // Gaps go with another amount: the columns stay, what they have in common goes.
    const shuffled = changed(({ values: [amount, gap, channel] }) => {
      const before = last ?? gap!;
      last = gap!;
      return { values: [amount!, before, channel!] };
    });
    const drift = { features: 'auto' as const, threshold: 0.2, multivariate: 'pca' as const };
    expect(told(backTest(QUIET, REFERENCE, { drift }))).toEqual([]);
    expect(told(backTest(shuffled, REFERENCE, { drift }))).toEqual(['raised multivariate-drift data 05']);
  });
});

describe('quality', () => {
  it('is told of what is missing, unseen, out of range and there twice', () => {
    const worse = changed(({ values: [amount, gap, channel], ...row }, n) => ({
      values: [n % 20 === 0 ? 1e6 : amount!, n % 5 === 0 ? null : gap!, n % 12 === 0 ? 77 : channel!],
      ...(n % 10 === 1 && { entity: 'again', time: Math.floor(row.time / DAY) * DAY + 1 }),
    }));
    const quality = { missing: 0.15, unseen: 0.05, range: 0.03, duplicates: 0.05 };
    const drift = { features: 'auto' as const, threshold: 9 };
    expect(told(backTest(QUIET, REFERENCE, { drift, quality }))).toEqual([]);
    expect(told(backTest(worse, REFERENCE, { drift, quality })).sort()).toEqual([
      'raised duplicates data 05',
      'raised missing-values gap 05',
      'raised out-of-range amount 05',
      'raised unseen-values channel 05',
    ]);
  });
});

describe('earlier windows as the reference', () => {
  it('judge nothing until there are enough, and then what changed since', () => {
    const found = backTest(higherAmounts, REFERENCE, {
      reference: { windows: 2, back: 1 },
      drift: { features: ['amount'], threshold: 0.2 },
    });
    expect(found.reports.map(({ drift }) => drift.features[0]!.drifted)).toEqual([
      null,
      null,
      null,
      false,
      true,
      true,
      // Two windows are changed ones by now, but for the one left out.
      true,
      ...(found.reports.length > 7 ? [false] : []),
    ]);
    expect(found.reports[0]!.notes).toEqual(['there are not yet 3 earlier windows to compare with']);
    expect(found.reports[3]!.reference).toEqual({
      kind: 'windows',
      windows: [0, 1].map((day) => ({
        start: new Date(day * DAY).toISOString(),
        end: new Date((day + 1) * DAY).toISOString(),
      })),
    });
  });
});

describe('windows by count', () => {
  it('are closed when their rows have come, and labels find their windows', () => {
    const { reports } = backTest(QUIET, REFERENCE, { window_rows: 500, metric: 'accuracy' });
    expect(reports.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    for (const { predictions, performance, window_rows } of reports) {
      expect(window_rows).toBe(500);
      expect(predictions).toBeGreaterThanOrEqual(500);
      expect(predictions).toBeLessThan(500 + 63);
      expect(performance?.rows).toBe(predictions);
    }
    expect(told(backTest(higherAmounts, REFERENCE, { window_rows: 500 }))).toEqual([
      // The window in which day 5 begins.
      'raised feature-drift amount 04',
    ]);
  });
});

describe('performance', () => {
  const noisier = changed(({ score }) => ({ score: 1 - score }));

  it('is held against the limits of the monitor, fixed or learned', () => {
    const fixed = { metric: 'accuracy', limits: { min: 0.6 } };
    expect(told(backTest(QUIET, REFERENCE, fixed))).toEqual([]);
    expect(told(backTest(noisier, REFERENCE, fixed))).toContain('raised performance accuracy 05');
    const learned = { metric: 'accuracy', limits: 'auto' as const };
    expect(told(backTest(QUIET, REFERENCE, learned))).toEqual([]);
    expect(told(backTest(noisier, REFERENCE, learned))).toContain('raised performance accuracy 05');
  });

  it('is estimated before labels come', () => {
    const unsure = changed(() => ({ score: 0.5 }));
    const monitor = { metric: 'accuracy', estimate: 'cbpe' as const, limits: 'auto' as const };
    expect(told(backTest(QUIET, REFERENCE, monitor))).toEqual([]);
    expect(told(backTest(unsure, REFERENCE, monitor))).toContain('raised estimated-performance accuracy 05');
    const { estimate, performance } = backTest(QUIET, REFERENCE, monitor).reports[0]!;
    expect(Math.abs(estimate!.metrics['accuracy']! - performance!.metrics['accuracy']!)).toBeLessThan(0.06);
  });

  it.each(['adwin', 'page_hinkley', 'kswin', 'ddm', 'eddm', 'hddm_a', 'hddm_w'])(
    'is watched by %s',
    (detector) => {
      const found = told(backTest(noisier, REFERENCE, { metric: 'accuracy', detect: [detector] }));
      expect(found.filter((each) => each.startsWith('raised concept-drift'))).not.toEqual([]);
    },
  );

  it('names where a detector fired', () => {
    const { alerts } = backTest(noisier, REFERENCE, { metric: 'accuracy', detect: ['adwin'] });
    const raised = alerts.find(({ fact }) => fact.kind === 'concept-drift')!.fact;
    expect(raised).toMatchObject({ severity: 'critical', subject: 'adwin', statistic: 'mean error' });
    expect(raised.value).toBeGreaterThan(raised.limit);
    expect(raised.sources[0]!.topic).toBe('monitoring.inputs.fraud');
  });
});

describe('slices', () => {
  const oneCountry = changed(({ country, score }) => (country === 'it' ? { score: 1 - score } : {}));

  it('are counted, measured and held against the limit', () => {
    const monitor = {
      metric: 'accuracy',
      limits: { min: 0.5 },
      slices: ['country', 'channel'],
      window_ms: 3 * DAY,
    };
    const found = backTest(oneCountry, REFERENCE, monitor);
    expect(told(found)).toContain('raised slice-performance accuracy country=it 04');
    expect(told(found).filter((each) => each.includes('country=de'))).toEqual([]);
    const [country, channel] = found.reports[0]!.slices!;
    expect(country!.values.map(({ value }) => value).sort()).toEqual(['de', 'fr', 'it']);
    expect(channel!.values).toHaveLength(5);
    const rows = (field: typeof country): number =>
      field!.values.reduce((sum, { rows: its }) => sum + its, 0);
    expect(rows(country)).toBe(found.reports[0]!.performance!.rows);
    expect(rows(channel)).toBe(found.reports[0]!.performance!.rows);
  });

  it('are groups that are treated alike, or not', () => {
    const fairness = [{ group: 'country', metric: 'demographic_parity', max: 0.25 }];
    const harsh = changed(({ country }) => (country === 'fr' ? { score: 0.9 } : {}));
    expect(told(backTest(QUIET, REFERENCE, { fairness }))).toEqual([]);
    expect(
      told(backTest(harsh, REFERENCE, { fairness })).filter((each) => each.includes('fairness'))[0],
    ).toMatch(/^raised fairness demographic_parity country=(de|it), fr 05$/);
  });
});

it('ranks alerts by drift and by what the model owes to the feature', () => {
  const both = changed(({ values: [amount, gap, channel] }) => ({
    values: [amount! * 2, gap! * 9, channel!],
  }));
  const raised = backTest(both, REFERENCE, {}).alerts.filter(({ fact }) => fact.kind === 'feature-drift');
  expect(raised.map(({ fact }) => fact.subject)).toEqual(['amount', 'gap']);
  expect(raised[0]!.fact.effect!).toBeGreaterThan(raised[1]!.fact.effect!);
});

describe('everything that a monitor can ask for', () => {
  const all = {
    drift: {
      features: 'auto' as const,
      statistic: 'auto',
      threshold: 'auto' as const,
      share: 0.5,
      multivariate: 'pca' as const,
    },
    quality: { missing: 0.1, unseen: 0.05, range: 0.05, duplicates: 0.01 },
    metric: 'accuracy',
    estimate: 'cbpe' as const,
    limits: 'auto' as const,
    slices: ['country', 'channel'],
    fairness: [{ group: 'country', metric: 'equal_opportunity', max: 0.5 }],
  };
  const worse = changed(({ values: [amount, gap, channel] }, n) => ({
    values: [amount! * 2, n % 3 === 0 ? null : gap!, channel!],
    score: n % 2 === 0 ? 0.4 : 0.7,
  }));

  it.each([
    ['by time', {}],
    ['by count', { window_rows: 500 }],
    ['against earlier windows', { reference: { windows: 2, back: 0 } }],
  ])('is told the same after restarts as without, %s', (_, changes) => {
    const monitor = { ...all, ...changes, detect: ['adwin', 'ddm', 'kswin'] };
    const once = backTest(worse, REFERENCE, monitor);
    const restarted = backTest(worse, REFERENCE, monitor, { restartEvery: 97 });
    expect(restarted.reports).toEqual(once.reports);
    expect(restarted.alerts).toEqual(once.alerts);
    expect(once.alerts.length).toBeGreaterThan(3);
  });

  it('adds up to the same whatever partitions the rows are spread over', () => {
    const figures = (partitions: number): unknown =>
      backTest(worse, REFERENCE, all, { partitions }).reports.map(
        ({ revision: _, sources: __, ...report }) => report,
      );
    const one = figures(1);
    expect(figures(2)).toEqual(one);
    expect(figures(5)).toEqual(one);
  });
});
