import fc from 'fast-check';
import { TASKS, type Task } from '../data-set';
import { evaluate, metricsOfTask } from '../evaluate';
import { bootstrapIntervals, pairedDifferences } from './bootstrap';
import { compileMeasure, type WantedMetric } from './measure';
import type { Scored } from './scored';

const CLASSES = 3;

/** Few distinct scores, so that ties are the rule. Each row comes with how often it is drawn. */
const rowsOf = (task: Task) =>
  fc.array(
    fc.record({
      label:
        task === 'binary'
          ? fc.constantFrom(0, 1)
          : task === 'anomaly'
            ? fc.constantFrom(0, 1, Number.NaN)
            : fc.integer({ min: 0, max: CLASSES - 1 }),
      scores: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(5), fc.nat(5)),
      group: fc.nat(3),
      weight: fc.nat(3),
    }),
    { minLength: 1, maxLength: 25 },
  );
type Row = { label: number; scores: [number, number, number]; group: number; weight: number };

const scoredOf = (task: Task, rows: readonly Row[]): Scored => {
  const outputs = task === 'multiclass' ? CLASSES : 1;
  return {
    labels: Float64Array.from(rows, ({ label }) => label),
    scores: Float64Array.from(rows.flatMap(({ scores }) => scores.slice(0, outputs).map((each) => each / 5))),
    outputs,
    groups: Float64Array.from(rows, ({ group }) => group),
  };
};

const wantedOf = (task: Task): WantedMetric[] => [
  ...metricsOfTask(task).map((metric) => ({ metric })),
  ...metricsOfTask(task).map((metric) => ({ metric, threshold: 0.2, k: 3 })),
];

it.each(TASKS.filter((task) => task !== 'ranking'))(
  'weights are as good as writing each row down so often: %s',
  (task) => {
    fc.assert(
      fc.property(rowsOf(task), (rows) => {
        const wanted = wantedOf(task);
        const values = compileMeasure(task, scoredOf(task, rows), wanted).at(
          rows.map(({ weight }) => weight),
        );
        const drawn = scoredOf(
          task,
          rows.flatMap((row) => Array.from({ length: row.weight }, () => row)),
        );
        const { outputs } = drawn;
        wanted.forEach(({ metric, threshold, k }, index) => {
          const expected = evaluate(task, drawn.labels, drawn.scores, { threshold, k, outputs })[metric];
          if (expected === null) expect([metric, values[index]]).toEqual([metric, Number.NaN]);
          else expect([metric, values[index]]).toEqual([metric, expect.closeTo(expected!, 10)]);
        });
      }),
    );
  },
);

it('weights of a ranking are of its queries', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(rowsOf('ranking'), fc.nat(3)), { minLength: 1, maxLength: 5 }),
      (queries) => {
        const named = queries.map(([rows, weight], group) => ({
          rows: rows.map((row) => ({ ...row, group })),
          weight,
        }));
        const wanted = wantedOf('ranking');
        const all = scoredOf(
          'ranking',
          named.flatMap(({ rows }) => rows),
        );
        const measure = compileMeasure('ranking', all, wanted);
        const values = measure.at(named.map(({ weight }) => weight));
        const repeated = named.flatMap(({ rows, weight }) => Array.from({ length: weight }, () => rows));
        const drawn = scoredOf(
          'ranking',
          repeated.flatMap((rows, group) => rows.map((row) => ({ ...row, group }))),
        );
        expect(measure.units).toBe(queries.length);
        wanted.forEach(({ metric, k }, index) => {
          const expected = evaluate('ranking', drawn.labels, drawn.scores, { k, groups: drawn.groups })[
            metric
          ];
          expect(values[index]).toEqual(expected === null ? Number.NaN : expect.closeTo(expected!, 10));
        });
      },
    ),
  );
});

const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 40 });
const options = { resamples: 50, confidence: 0.9, seed: 3 };

it('an interval holds the metric of most samples, and is the same for the same seed', () => {
  fc.assert(
    fc.property(numbers, (labels) => {
      const scored = {
        labels: Float64Array.from(labels),
        scores: new Float64Array(labels.length),
        outputs: 1,
      };
      const measure = compileMeasure('regression', scored, [{ metric: 'mae' }]);
      const [interval] = bootstrapIntervals(measure, options);
      const most = Math.max(...labels.map(Math.abs));
      const least = Math.min(...labels.map(Math.abs));
      expect(interval!.low).toBeGreaterThanOrEqual(least);
      expect(interval!.low).toBeLessThanOrEqual(interval!.high);
      expect(interval!.high).toBeLessThanOrEqual(most);
      expect(bootstrapIntervals(measure, options)).toEqual([interval]);
    }),
    { numRuns: 30 },
  );
});

it('a difference that every row shows has no doubt in it', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 9 }), (labels, worse) => {
      const rows = Float64Array.from(labels);
      const off = (by: number) =>
        compileMeasure('regression', { labels: rows, scores: rows.map((row) => row + by), outputs: 1 }, [
          { metric: 'mae' },
        ]);
      const [difference] = pairedDifferences(off(worse), off(0), options);
      expect(difference).toEqual({ low: worse, high: worse, wins: 1 });
    }),
    { numRuns: 30 },
  );
});
