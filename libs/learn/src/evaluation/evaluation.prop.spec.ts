import fc from 'fast-check';
import { cheapestThreshold } from './cost-threshold';
import { rollingOrigins, timeFolds } from './folds';

const scored = fc.array(fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: 0, max: 4 }) }), {
  minLength: 1,
  maxLength: 25,
});

it('no threshold costs less than the cheapest one', () => {
  fc.assert(
    fc.property(scored, fc.nat(5), fc.integer({ min: 1, max: 5 }), (rows, falsePositive, falseNegative) => {
      const labels = Float64Array.from(rows, ({ label }) => label);
      const scores = Float64Array.from(rows, ({ score }) => score / 4);
      const costAt = (threshold: number): number =>
        rows.reduce((sum, { label, score }) => {
          const decided = score / 4 >= threshold;
          if (decided && label === 0) return sum + falsePositive;
          return sum + (!decided && label === 1 ? falseNegative : 0);
        }, 0) / rows.length;
      const found = cheapestThreshold(labels, scores, { falsePositive, falseNegative })!;
      const all = [0, 0.25, 0.5, 0.75, 1, 1.1].map(costAt);
      expect(found.cost).toBeCloseTo(Math.min(...all), 12);
      expect(costAt(found.threshold ?? 1.1)).toBeCloseTo(found.cost, 12);
      expect(found.costCalibrated).toBeCloseTo(costAt(found.calibrated), 12);
      expect([found.costOfNone, found.costOfAll]).toEqual([
        expect.closeTo(costAt(1.1), 12),
        expect.closeTo(costAt(0), 12),
      ]);
    }),
  );
});

const times = fc.array(fc.nat(60), { minLength: 1, maxLength: 40 }).map((list) => Float64Array.from(list));

it('folds in time never learn from what is younger than the gap before the oldest row that judges', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 2, max: 6 }), fc.nat(20), (list, folds, gapMs) => {
      const judged: number[] = [];
      for (const { train, test } of timeFolds(list, folds, gapMs)) {
        const oldest = Math.min(...Array.from(test, (row) => list[row]!));
        for (const row of train) expect(list[row]! + gapMs).toBeLessThan(oldest);
        judged.push(...test);
      }
      expect(new Set(judged).size).toBe(judged.length);
    }),
  );
});

it('rolling origins judge each of the last rows once', () => {
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      (list, origins, horizonMs) => {
        const newest = Math.max(...list);
        const oldest = Math.min(...list);
        const judged = rollingOrigins(list, { origins, horizonMs }).flatMap(({ test }) => [...test]);
        const first = newest - origins * horizonMs;
        // An origin before the oldest row has nothing to learn from.
        const wanted = [...list.keys()].filter((row) => {
          const origin = newest - Math.ceil((newest - list[row]! + 1e-9) / horizonMs) * horizonMs;
          return list[row]! > first && origin >= oldest;
        });
        expect(judged.sort((a, b) => a - b)).toEqual(wanted);
      },
    ),
  );
});
