/** The Open Bandit data (Saito and others, 2021): 10,000 recommendations drawn evenly from 34 items, with the propensity logged. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rowMajor, type DataSet } from '../data-set';
import { bandit } from './bandit';
import {
  doublyRobustValue,
  inversePropensityValue,
  selfNormalisedValue,
  type LoggedDecisions,
} from './off-policy';

const FILE = join(
  resolve(__dirname, '../../../..', process.env.PLAYHEAD_DATA ?? '../shared/data'),
  'obd/random_men.csv',
);
const suite = existsSync(FILE) ? describe : describe.skip;
if (!existsSync(FILE)) process.stderr.write(`!! SKIPPED, not passed: ${FILE} is absent\n`);

const ITEMS = 34;
const HALF = 5000;

interface Log {
  readonly items: Float64Array;
  readonly clicks: Float64Array;
  readonly propensities: Float64Array;
  /** One column for each value of each feature of the user, and the position of the place. */
  readonly context: readonly Float64Array[];
}

const readLog = (): Log => {
  const [head, ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  const names = head!.split(',');
  const cells = lines.map((line) => line.split(','));
  const texts = (name: string): string[] => cells.map((row) => row[names.indexOf(name)]!);
  const numbers = (name: string): Float64Array => Float64Array.from(texts(name), Number);
  const oneHot = [0, 1, 2, 3].flatMap((k) => {
    const values = texts(`user_feature_${k}`);
    return [...new Set(values)].map((value) => Float64Array.from(values, (each) => (each === value ? 1 : 0)));
  });
  return {
    items: numbers('item_id'),
    clicks: numbers('click'),
    propensities: numbers('propensity_score'),
    context: [...oneHot, numbers('position')],
  };
};

suite('values of policies on the Open Bandit data', () => {
  const log = readLog();
  const { items, clicks, propensities, context } = log;

  it('the policy that was logged is worth its own click rate', () => {
    const chances = new Float64Array(items.length).fill(1 / ITEMS);
    const logged: LoggedDecisions = { rewards: clicks, propensities, chances };
    const rate = clicks.reduce((sum, click) => sum + click, 0) / clicks.length;
    expect(rate).toBe(0.0046);
    for (const estimate of [inversePropensityValue, selfNormalisedValue])
      expect(estimate(logged)).toEqual({
        value: expect.closeTo(rate, 12),
        standardError: expect.closeTo(Math.sqrt((rate * (1 - rate)) / items.length), 7),
        effectiveRows: expect.closeTo(10_000, 6),
      });
  });

  // pandas 2.3 and numpy 2.4: rates (clicks + 1) / (shown + 200) by item of the first 5,000 rows; the policy draws evenly from the best five;
  // w = 0.2 [item is one of them] / propensity_score over the other rows, parts w * r and e + w * (r - q).
  it('equals numpy for a policy that prefers five items', () => {
    const rate = Float64Array.from({ length: ITEMS }, (_, item) => {
      let clicked = 0;
      let shown = 0;
      for (let row = 0; row < HALF; row++) {
        if (items[row] !== item) continue;
        shown++;
        clicked += clicks[row]!;
      }
      return (clicked + 1) / (shown + 200);
    });
    const best = [...rate.keys()].sort((a, b) => rate[b]! - rate[a]!).slice(0, 5);
    expect(best).toEqual([11, 6, 28, 23, 25]);
    const shown = items.subarray(HALF);
    const logged: LoggedDecisions = {
      rewards: clicks.subarray(HALF),
      propensities: propensities.subarray(HALF),
      chances: shown.map((item) => (best.includes(item) ? 0.2 : 0)),
    };
    const mean = best.reduce((sum, item) => sum + rate[item]! / 5, 0);
    const expected = { ofShown: shown.map((item) => rate[item]!), ofPolicy: shown.map(() => mean) };
    const close = ([value, standardError]: readonly [number, number]) => ({
      value: expect.closeTo(value, 12),
      standardError: expect.closeTo(standardError, 12),
      effectiveRows: expect.closeTo(753, 8),
    });
    expect(inversePropensityValue(logged)).toEqual(close([0.00136, 0.00136]));
    expect(selfNormalisedValue(logged)).toEqual(close([0.0013280212483399731, 0.001327139135158392]));
    expect(doublyRobustValue(logged, expected)).toEqual(
      close([0.0011167350742962347, 0.0013851212099567985]),
    );
  });

  it('a bandit that learned from one half can be judged on the other', () => {
    const setOf = (from: number, to: number): DataSet => ({
      featureNames: [...context.map((_, k) => `c${k}`), 'arm', 'propensity'],
      columns: [...context, items, propensities].map((column) => column.slice(from, to)),
      labels: clicks.slice(from, to),
      groups: Float64Array.from({ length: to - from }, (_, row) => row),
    });
    const model = bandit.fit(
      setOf(0, HALF),
      { propensity: 'propensity', exploration: 'none', l2: 100 },
      { task: 'ranking', seed: 1 },
    );
    const test = setOf(HALF, items.length);
    const arm = context.length;
    const scores = Array.from({ length: ITEMS }, (_, item) =>
      model.predict(
        rowMajor(
          test.columns.map((column, f) => (f === arm ? new Float64Array(column.length).fill(item) : column)),
        ),
      ),
    );
    const chances = test.labels.map((_, row) => {
      const best = scores.reduce((most, of) => Math.max(most, of[row]!), -Infinity);
      const bests = scores.filter((of) => of[row] === best).length;
      return scores[items[HALF + row]!]![row] === best ? 1 / bests : 0;
    });
    const logged = { rewards: test.labels, propensities: propensities.slice(HALF), chances };
    const expected = {
      ofShown: test.labels.map((_, row) => scores[items[HALF + row]!]![row]!),
      ofPolicy: test.labels.map((_, row) => scores.reduce((most, of) => Math.max(most, of[row]!), -Infinity)),
    };
    const [ips, robust] = [inversePropensityValue(logged)!, doublyRobustValue(logged, expected)!];
    // One row of 34 speaks of the policy, about 147, and clicks are one of 217: only the model makes a number of that.
    expect(ips.effectiveRows).toBeGreaterThan(100);
    expect(ips.effectiveRows).toBeLessThan(200);
    expect(robust.value).toBeGreaterThan(0);
    expect(robust.value).toBeLessThan(0.01);
  });
});
