import * as fc from 'fast-check';
import { erf, Rng, sha256 } from '#kernel';
import { rowMajor } from '../data-set';
import { runOnnx } from '../onnx/onnx-runtime.testing';
import { awkwardData } from '../trainer.conformance';
import { entropy, splitsOf } from './best-split';
import { Leaf } from './leaf';
import { beginOnline, restoreOnline } from './learner';
import { ONLINE_KINDS, type OnlineLearner, type OnlineSettings } from './online-learner';
import { progressiveValidate, type Observation } from './progressive';

type Task = OnlineSettings['task'];

const QUICK: Readonly<Record<string, Record<string, unknown>>> = {
  'hoeffding-tree': { grace_period: 30, delta: 0.1, tau: 0.3 },
  'adaptive-random-forest': { trees: 3, grace_period: 20, drift_delta: 0.3, warning_delta: 0.6 },
};

const begin = (kind: OnlineSettings['kind'], task: Task, width: number, seed = 1): OnlineLearner =>
  beginOnline({
    kind,
    task,
    featureNames: Array.from({ length: width }, (_, f) => `f${f}`),
    classes: task === 'binary' ? 2 : 3,
    parameters: QUICK[kind] ?? {},
    seed,
  });

/** A stream whose concept turns over again and again, with values missing here and there. */
const drifting = (task: Task, rows: number, seed: number, every = 150): Observation[] => {
  const rng = new Rng(seed);
  return Array.from({ length: rows }, (_, row) => {
    const x = [rng.uniform(), rng.uniform() * 4, rng.below(3), 1.5];
    const score = Math.floor(row / every) % 2 === 0 ? x[0]! + x[1]! / 4 : 2 - x[0]! - x[1]! / 4;
    const label = task === 'binary' ? (score > 1 ? 1 : 0) : score > 1.3 ? 2 : score > 0.8 ? 1 : 0;
    if (rng.below(9) === 0) x[rng.below(4)] = NaN;
    return { x, label };
  });
};

const learnAll = (learner: OnlineLearner, stream: readonly Observation[]): OnlineLearner => {
  for (const { x, label } of stream) learner.learnOne(x, label);
  return learner;
};

describe.each(
  ONLINE_KINDS.flatMap((kind) => (['binary', 'multiclass'] as const).map((task) => [kind, task] as const)),
)('%s, %s', (kind, task) => {
  it('goes on from its bytes, at any time, as if it had never stopped', () => {
    const property = fc.property(fc.nat(600), fc.nat(1_000), (cut, seed) => {
      const stream = drifting(task, 600, seed);
      const whole = learnAll(begin(kind, task, 4), stream);
      const first = learnAll(begin(kind, task, 4), stream.slice(0, cut));
      const state = first.state();
      const second = restoreOnline(state);
      expect(second.state()).toEqual(state);
      expect(second.seen).toBe(cut);
      learnAll(second, stream.slice(cut));
      expect(sha256(second.state())).toBe(sha256(whole.state()));
      expect(second.predictOne(stream[0]!.x)).toEqual(whole.predictOne(stream[0]!.x));
    });
    fc.assert(property, { numRuns: 8 });
  });

  it('answers in ONNX Runtime as it does here, whatever it has seen', async () => {
    const data = awkwardData(task, 900);
    const rows = rowMajor(data.columns);
    const width = data.columns.length;
    for (const seen of [0, 1, 40, 900]) {
      const learner = begin(kind, task, width);
      for (let row = 0; row < seen; row++)
        learner.learnOne(rows.subarray(row * width, (row + 1) * width), data.labels[row]!);
      const probes = Float32Array.from([
        ...rows.subarray(0, 200 * width),
        ...new Array<number>(width).fill(NaN),
        ...new Array<number>(width).fill(Infinity),
        ...new Array<number>(width).fill(-3.4e38),
      ]);
      const { answers } = await runOnnx(learner.toOnnx(), probes, width);
      const expected = Array.from({ length: probes.length / width }, (_, row) => {
        const all = learner.predictOne(probes.subarray(row * width, (row + 1) * width));
        return task === 'binary' ? [all[1]!] : [...all];
      }).flat();
      expect(Math.max(...expected.map((value, at) => Math.abs(value - answers[at]!)))).toBeLessThan(1e-6);
      expect(answers.some(Number.isNaN)).toBe(false);
    }
  });

  it('learns what a stream says, and gives probabilities', () => {
    const report = progressiveValidate(drifting(task, 1_500, 7, Infinity), begin(kind, task, 4), {
      onPrediction: (all) => expect(all.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9),
    });
    expect(report!.kappa).toBeGreaterThan(0.55);
  });

  it('does not learn from a label that is none of its classes', () => {
    const learner = learnAll(begin(kind, task, 4), drifting(task, 50, 1));
    const before = learner.state();
    for (const label of [-1, 0.5, NaN, 3])
      expect(() => learner.learnOne([1, 2, 0, 1], label)).toThrow('none of the classes');
    expect(learner.state()).toEqual(before);
  });
});

it('refuses settings that cannot be learned with, naming all of it', () => {
  expect(() =>
    beginOnline({
      kind: 'hoeffding-tree',
      task: 'binary',
      featureNames: [],
      classes: 3,
      parameters: { grace: 1 },
      seed: -1,
    }),
  ).toThrow(/no features[^]*3 classes[^]*seed must be[^]*unknown parameter "grace"/);
});

it('refuses bytes that are no state', () => {
  const state = learnAll(begin('hoeffding-tree', 'binary', 4), drifting('binary', 20, 1)).state();
  expect(() => restoreOnline(state.subarray(0, state.length - 16))).toThrow('ends too early');
  expect(() => restoreOnline(state.subarray(5))).toThrow('not the state');
  expect(() => restoreOnline(new Uint8Array(0))).toThrow('not the state');
});

it('follows a stream that turns over with a forest, where one tree cannot', () => {
  const kappa = (kind: OnlineSettings['kind']): number =>
    progressiveValidate(drifting('binary', 3_000, 7, 500), begin(kind, 'binary', 4))!.kappa;
  expect(kappa('adaptive-random-forest')).toBeGreaterThan(kappa('hoeffding-tree') + 0.2);
});

it('grows trees, loses some to drift, and keeps their number', () => {
  const forest = begin('adaptive-random-forest', 'binary', 4);
  const stream = drifting('binary', 1_200, 3);
  learnAll(forest, stream);
  const steady = beginOnline({
    ...forest.settings,
    parameters: { ...QUICK['adaptive-random-forest'], drift_delta: 1e-9 },
  });
  learnAll(steady, stream);
  expect(forest.state().length).toBeLessThan(steady.state().length);
  expect(forest.importance().reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
});

/** The same definitions, naively: every observation kept. */
describe('a leaf', () => {
  const observations = fc.array(
    fc.record({
      x: fc
        .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 3 }))
        .map(([a, b]) => [a / 8, b]),
      label: fc.nat(2),
      weight: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 2, maxLength: 60 },
  );
  type Weighted = { readonly x: readonly number[]; readonly label: number; readonly weight: number };

  const moments = (seen: readonly Weighted[], f: number, k: number) => {
    const values = seen.flatMap(({ x, label, weight }) =>
      label === k ? new Array<number>(weight).fill(x[f]!) : [],
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { values, mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 };
  };
  const learned = (seen: readonly Weighted[]): Leaf => {
    const leaf = new Leaf(0, [0, 1], new Float64Array(3));
    for (const { x, label, weight } of seen) leaf.learn(Float64Array.from(x), label, weight);
    return leaf;
  };

  it('has the Gaussians of what it saw', () => {
    fc.assert(
      fc.property(observations, (seen) => {
        const { gaussians } = learned(seen);
        for (const [f, k] of [0, 1].flatMap((f) => [0, 1, 2].map((k) => [f, k] as const))) {
          const { values, mean, variance } = moments(seen, f, k);
          expect(gaussians.weight(f, k)).toBe(values.length);
          if (values.length === 0) continue;
          expect(gaussians.mean(f, k)).toBeCloseTo(mean, 9);
          expect([gaussians.least(f, k), gaussians.greatest(f, k)]).toEqual([
            Math.min(...values),
            Math.max(...values),
          ]);
          if (variance < 1e-9) continue;
          expect(0.5 / gaussians.halfPrecision(f, k)).toBeCloseTo(variance, 9);
          const density = -0.5 * Math.log(2 * Math.PI * variance) - (1.3 - mean) ** 2 / (2 * variance);
          expect(gaussians.logDensity(f, k, 1.3)).toBeCloseTo(density, 6);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds no better split than trying all of them', () => {
    fc.assert(
      fc.property(observations, (seen) => {
        const leaf = learned(seen);
        const found = splitsOf(leaf);
        for (const f of [0, 1]) {
          const all = [0, 1, 2].map((k) => moments(seen, f, k));
          const values = all.flatMap((each) => each.values);
          const [least, greatest] = [Math.min(...values), Math.max(...values)];
          const merits = Array.from({ length: 10 }, (_, i) => {
            const at = least + ((greatest - least) / 11) * (i + 1);
            const left = all.map(({ values: of, mean, variance }) => {
              if (of.length === 0 || at < Math.min(...of)) return 0;
              if (at >= Math.max(...of)) return of.length;
              return variance < 1e-9 ? 0 : 0.5 * (1 + erf((at - mean) / Math.sqrt(2 * variance))) * of.length;
            });
            const right = all.map(({ values: of }, k) => of.length - left[k]!);
            const [l, r] = [left, right].map((side) => side.reduce((sum, weight) => sum + weight, 0)) as [
              number,
              number,
            ];
            if (Math.min(l, r) / (l + r) <= 0.01) return -Infinity;
            return entropyOf(leaf.weights) - (l * entropyOf(left) + r * entropyOf(right)) / (l + r);
          });
          const best = Math.max(...merits);
          const split = found.find(({ feature }) => feature === f);
          if (least === greatest || best === -Infinity) expect(split).toBeUndefined();
          else expect(split!.merit).toBeCloseTo(best, 9);
        }
      }),
      { numRuns: 100 },
    );
  });

  const entropyOf = (weights: ArrayLike<number>): number => {
    const all = Array.from(weights).filter((weight) => weight > 0);
    const total = all.reduce((sum, weight) => sum + weight, 0);
    return all.reduce((sum, weight) => sum - (weight / total) * Math.log2(weight / total), 0);
  };

  it('measures entropy in bits', () => {
    expect(entropy(Float64Array.of(3, 3, 3, 3))).toBeCloseTo(2, 12);
    expect(entropy(Float64Array.of(5, 0))).toBe(0);
    expect(entropy(Float64Array.of(1, 3))).toBeCloseTo(0.8112781244591328, 12);
  });
});
