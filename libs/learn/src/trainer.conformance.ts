import { isPlatformError, Rng, sha256 } from '#kernel';
import { MAX_FLOAT32, rowMajor, type DataSet, type Task } from './data-set';
import { OUTPUTS } from './onnx/model';
import { runOnnx } from './onnx/onnx-runtime.testing';
import type { FitProgress, FittedModel, Trainer, TrainerKind } from './trainer';

/**
 * A table with gaps, ties, a constant, an empty and a repeated column, and values beyond float32; with the columns of ids that some
 * trainers ask for behind them. The label follows `signal`, `gaps` and the ids.
 */
export const awkwardData = (task: Task, rows: number, seed = 5, ids: readonly string[] = []): DataSet => {
  const rng = new Rng(seed);
  const fill = (next: (row: number) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => next(row));
  const signal = fill(() => rng.uniform() * 4 - 2);
  const gaps = fill(() => (rng.below(4) === 0 ? NaN : rng.below(7)));
  const large = fill(() => [1e300, -1e300, 3e38, 1e-40, 12345.678][rng.below(5)]!);
  const offset = fill(() => 1.7e9 + rng.below(1000));
  const strange = fill((row) => (task === 'anomaly' && row % 25 === 3 ? 1 : 0));
  strange.forEach((is, row) => {
    if (is) [signal[row], offset[row]] = [signal[row]! * 9, 1.6e9];
  });
  const noise = fill(() => rng.uniform());
  const idColumns = ids.map(() => fill(() => 3 * rng.below(8)));
  const value = fill(
    (row) =>
      signal[row]! +
      (Number.isNaN(gaps[row]) ? 1 : 0.1 * gaps[row]!) +
      noise[row]! +
      idColumns.reduce((sum, column) => sum + 0.3 * (column[row]! - 10), 0),
  );
  const labelOf: Record<Task, (row: number) => number> = {
    binary: (row) => (value[row]! > 0.9 ? 1 : 0),
    multiclass: (row) => (value[row]! > 1.6 ? 2 : value[row]! > 0 ? 1 : 0),
    regression: (row) => 100 * value[row]!,
    anomaly: (row) => (row % 7 === 0 ? NaN : strange[row]!),
    ranking: (row) => Math.max(0, Math.min(3, Math.round(1 + value[row]!))),
  };
  return {
    featureNames: ['signal', 'gaps', 'constant', 'empty', 'again', 'large', 'offset', ...ids],
    columns: [signal, gaps, fill(() => 3.3), fill(() => NaN), signal.slice(), large, offset, ...idColumns],
    labels: fill(labelOf[task]),
    ...(task === 'ranking' && { groups: fill((row) => Math.floor(row / 10)) }),
  };
};

/** What a trainer cannot do without, what keeps it quick, and to how many digits it answers the mean where it knows no better. */
export const NEEDS: Readonly<
  Partial<Record<TrainerKind, { ids?: readonly string[]; quick?: Record<string, unknown>; digits?: number }>>
> = {
  gbdt: { quick: { trees: 12 } },
  'isolation-forest': { quick: { trees: 20 } },
  // The default score is optimistic; this one is the mean reward where nothing else is known.
  bandit: { ids: ['arm'], quick: { exploration: 'none', l2: 1e-9 } },
  'matrix-factorisation': { ids: ['user', 'item'], quick: { factors: 3 } },
  'online-logistic': { digits: 1 },
  'hoeffding-tree': { quick: { grace_period: 200, delta: 0.1, tau: 0.2 } },
  'adaptive-random-forest': { quick: { trees: 4 }, digits: 1 },
};

/** Rows of all kinds: those of the data, and every column's values each beside missing, huge, infinite and neighbouring ones. */
export const probingRows = (data: DataSet): Float32Array => {
  const known = rowMajor(data.columns);
  const width = data.columns.length;
  const probes: number[] = [];
  const extremes = [NaN, 0, -0, MAX_FLOAT32, -MAX_FLOAT32, Infinity, -Infinity, 1e-45, 1e30];
  for (const extreme of extremes) probes.push(...new Array<number>(width).fill(extreme));
  for (let feature = 0; feature < width; feature++) {
    for (const extreme of extremes) {
      const row = [...known.subarray(0, width)];
      row[feature] = extreme;
      probes.push(...row);
    }
  }
  return Float32Array.from([...known, ...probes]);
};

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const shareOf = (labels: Float64Array, label: number): number =>
  labels.filter((each) => each === label).length / labels.length;

const METRIC: Readonly<Partial<Record<Task, string>>> = {
  binary: 'log_loss',
  multiclass: 'log_loss',
  regression: 'rmse',
};

/** The loss of the best constant answer. */
const constantLoss = (task: Task, labels: Float64Array): number => {
  if (task === 'regression') return Math.sqrt(meanOf(labels.map((label) => (label - meanOf(labels)) ** 2)));
  return meanOf(labels.map((label) => -Math.log(shareOf(labels, label))));
};

/** The share of pairs that the scores put in the right order: in a query, or among all rows that have a label. */
const concordance = ({ labels, groups }: DataSet, scores: Float64Array): number => {
  let right = 0;
  let pairs = 0;
  for (let a = 0; a < labels.length; a++) {
    for (let b = 0; b < labels.length; b++) {
      if (!(labels[a]! > labels[b]!) || groups?.[a] !== groups?.[b]) continue;
      pairs++;
      right += scores[a]! > scores[b]! ? 1 : scores[a] === scores[b] ? 0.5 : 0;
    }
  }
  return right / pairs;
};

/** What the task makes of the margins of one row. */
const linked = (task: Task, margins: readonly number[]): number[] => {
  if (task === 'binary') return margins.map((margin) => 1 / (1 + Math.exp(-margin)));
  if (task !== 'multiclass') return [...margins];
  const odds = margins.map((margin) => Math.exp(margin - Math.max(...margins)));
  return odds.map((each) => each / odds.reduce((sum, one) => sum + one, 0));
};

/** What every trainer must keep to, for every task that it knows. */
export const trainerConformance = (trainer: Trainer, task: Task): void => {
  const { ids = [], quick = {}, digits = 3 } = NEEDS[trainer.kind] ?? {};
  const small = awkwardData(task, 300, 5, ids);
  const judged = METRIC[task];
  const outputs = task === 'multiclass' ? 3 : 1;
  const fit = (data: DataSet, seed = 1, parameters: Record<string, unknown> = quick): FittedModel =>
    trainer.fit(data, parameters, { task, seed });
  /** `columns` by name, and the ids that the trainer asks for, all the same. */
  const withIds = (columns: Record<string, Float64Array>, labels: Float64Array): DataSet => ({
    featureNames: [...Object.keys(columns), ...ids],
    columns: [...Object.values(columns), ...ids.map(() => new Float64Array(labels.length).fill(3))],
    labels,
    ...(task === 'ranking' && { groups: labels.map((_, row) => Math.floor(row / 10)) }),
  });
  const faultsOf = (attempt: () => unknown): unknown => {
    try {
      attempt();
    } catch (error) {
      if (isPlatformError(error)) return { code: error.code, faults: error.details.faults };
      throw error;
    }
    return 'no fault';
  };

  describe(`${trainer.kind}, ${task}`, () => {
    it('gives the same bytes for the same data, parameters and seed', () => {
      const again = awkwardData(task, 300, 5, ids);
      expect(sha256(fit(small).toOnnx())).toBe(sha256(fit(again).toOnnx()));
    });

    it('leaves its inputs as they were', () => {
      const data = awkwardData(task, 120, 5, ids);
      const before = structuredClone(data);
      const model = trainer.fit(data, quick, { task, seed: 1, validation: data });
      const rows = rowMajor(data.columns);
      model.predict(rows);
      model.contributions?.(rows);
      model.toOnnx();
      expect(data).toEqual(before);
      expect(rows).toEqual(rowMajor(data.columns));
    });

    it('answers as ONNX Runtime does, to 1e-6', async () => {
      const model = fit(small);
      const rows = probingRows(small);
      const expected = model.predict(rows);
      const { output, answers, width } = await runOnnx(model.toOnnx(), rows, small.columns.length);
      expect([output, width, model.outputs]).toEqual([OUTPUTS[task], outputs, outputs]);
      expect(answers.length).toBe(expected.length);
      // Infinite where a linear model meets a huge value: equal, but without a difference.
      const differences = answers.map((answer, row) =>
        Object.is(answer, expected[row])
          ? 0
          : Math.abs(answer - expected[row]!) / Math.max(1, Math.abs(answer)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-6);
      expect(answers.some(Number.isNaN)).toBe(false);
    });

    it('gives a row the same answer alone and among others', () => {
      const model = fit(small);
      const width = small.columns.length;
      const rows = rowMajor(small.columns);
      const all = model.predict(rows);
      for (const row of [0, 7, 299])
        expect([...model.predict(rows.slice(row * width, (row + 1) * width))]).toEqual([
          ...all.subarray(row * outputs, (row + 1) * outputs),
        ]);
    });

    it('learns something: better than the constant answer', () => {
      let last: FitProgress | undefined;
      const options = { task, seed: 1, onProgress: (progress: FitProgress) => (last = progress) };
      const model = trainer.fit(small, quick, options);
      if (judged) expect(last?.train).toBeLessThan(0.8 * constantLoss(task, small.labels));
      else expect(concordance(small, model.predict(rowMajor(small.columns)))).toBeGreaterThan(0.65);
    });

    it('reports each iteration with what it says about training and validation', () => {
      const seen: FitProgress[] = [];
      trainer.fit(small, quick, {
        task,
        seed: 1,
        validation: small,
        onProgress: (progress) => seen.push(progress),
      });
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.map(({ iteration }) => iteration)).toEqual(seen.map((_, index) => index + 1));
      for (const { train, validation, metric } of seen) {
        if (judged) expect(metric).toBe(judged);
        expect(train).toBeCloseTo(validation!, 9);
      }
    });

    it('stops when it is told to', () => {
      expect(
        faultsOf(() => trainer.fit(small, quick, { task, seed: 1, shouldStop: () => true })),
      ).toMatchObject({
        code: 'PLAYHEAD_LEARN_CANCELLED',
      });
    });

    it('gives importances that sum to 1, and none to what says nothing', () => {
      const { importance } = fit(small);
      expect(importance.length).toBe(small.columns.length);
      expect(importance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect([importance[2], importance[3]]).toEqual([0, 0]);
    });

    it('gives contributions that sum to the margin, if it gives any', () => {
      const model = fit(small);
      const width = small.columns.length;
      const rows = probingRows(small);
      const contributions = model.contributions?.(rows);
      if (!contributions) return;
      const answers = model.predict(rows);
      expect(contributions.length).toBe(answers.length * (width + 1));
      for (let at = 0; at < answers.length; at += outputs) {
        const parts = Array.from({ length: outputs }, (_, output) =>
          contributions.subarray((at + output) * (width + 1), (at + output + 1) * (width + 1)),
        );
        const margins = parts.map((of) => of.reduce((sum, part) => sum + part, 0));
        const size = parts.reduce((most, of) => of.reduce((m, part) => Math.max(m, Math.abs(part)), most), 1);
        linked(task, margins).forEach((answer, output) => {
          const expected = answers[at + output]!;
          if (Number.isFinite(expected) && size < 1e6)
            expect(Math.abs(answer - expected) / size).toBeLessThan(1e-6);
        });
        for (const of of parts) expect([of[2], of[3]]).toEqual([0, 0]);
      }
    });

    it('survives columns that say nothing, alone', async () => {
      const data = withIds(
        { constant: Float64Array.from(small.columns[2]!), empty: Float64Array.from(small.columns[3]!) },
        small.labels,
      );
      const model = fit(data);
      const id = ids.map(() => 3);
      const rows = Float32Array.of(3.3, NaN, ...id, NaN, NaN, ...id, 3.3, -5, ...id);
      const { answers } = await runOnnx(model.toOnnx(), rows, data.columns.length);
      expect([...answers]).toEqual([...model.predict(rows)].map(Math.fround));
      answers.forEach((answer, at) => {
        if (task === 'multiclass') expect(answer).toBeCloseTo(shareOf(data.labels, at % outputs), digits);
        else if (judged) expect(answer).toBeCloseTo(meanOf(data.labels), digits);
        else expect(answer).toBeCloseTo(answers[0]!, 6);
      });
    });

    it('takes float32 columns and double columns as the same data', () => {
      const rounded = { ...small, columns: small.columns.map((column) => Float32Array.from(column)) };
      expect(sha256(fit(rounded).toOnnx())).toBe(sha256(fit(small).toOnnx()));
    });

    it('copes with repeated rows', () => {
      const twice = <T extends Float64Array | Float32Array>(column: T): Float64Array =>
        Float64Array.from([...column, ...column]);
      const model = fit({
        ...small,
        columns: small.columns.map(twice),
        labels: twice(small.labels),
        ...(small.groups && { groups: twice(small.groups) }),
      });
      expect(model.predict(rowMajor(small.columns)).some(Number.isNaN)).toBe(false);
    });

    it('copes with a single row, if the task can', () => {
      const one = withIds({ x: Float64Array.of(2), y: Float64Array.of(NaN) }, Float64Array.of(1));
      if (task === 'binary' || task === 'multiclass') {
        const need = task === 'binary' ? 'both' : 'more';
        expect(faultsOf(() => fit(one))).toEqual({
          code: 'PLAYHEAD_LEARN_INVALID',
          faults: [`all 1 labels are 1; a ${task} task needs ${need} classes`],
        });
        return;
      }
      const id = ids.map(() => 3);
      const answers = [...fit(one).predict(Float32Array.of(2, NaN, ...id, 7, 7, ...id))];
      if (task === 'regression') expect(answers).toEqual([1, 1]);
      else expect(answers.every(Number.isFinite)).toBe(true);
    });

    it('refuses what cannot be trained on, naming all of it', () => {
      const labels = Float64Array.of(0, NaN, 1);
      const x = Float64Array.of(1, 2, 3);
      expect(
        faultsOf(() =>
          trainer.fit(
            { featureNames: ['x', 'x', 'z'], columns: [x, x.slice(1)], labels, groups: x },
            { zzz: 1 },
            {
              task,
              seed: -1,
              validation: { featureNames: ['w'], columns: [x], labels: x.slice(0, 0), groups: x.slice(0, 0) },
            },
          ),
        ),
      ).toEqual({
        code: 'PLAYHEAD_LEARN_INVALID',
        faults: [
          `unknown parameter "zzz"; known are ${Object.keys(trainer.parameters).join(', ')}`,
          'seed must be a whole number from 0 to 2^32 - 1, not -1',
          'data has 2 columns but 3 feature names',
          'data has the feature "x" more than once',
          'data: column "x" has 2 rows, the labels 3',
          ...(task === 'anomaly' ? [] : ['data: the label of row 1 is missing (NaN)']),
          'validation has no rows',
          'validation: column "w" has 3 rows, the labels 0',
          'validation does not have the features of the training data in the same order',
        ],
      });
      expect(
        faultsOf(() =>
          fit({ featureNames: [], columns: [], labels: x.slice(0, 0), groups: x.slice(0, 0) }, 1, {}),
        ),
      ).toMatchObject({
        faults: expect.arrayContaining(['data has no features', 'data has no rows']),
      });
    });

    it('names a parameter that is misspelt, and suggests the right one', () => {
      for (const [name, spec] of Object.entries(trainer.parameters)) {
        expect(trainer.faults(task, { [`${name}x`]: spec.default })).toEqual([
          `unknown parameter "${name}x"; did you mean "${name}"?`,
        ]);
        expect(trainer.faults(task, { [name]: null })).toHaveLength(1);
        expect(trainer.faults(task, { [name]: spec.default })).toEqual([]);
      }
    });

    it('refuses labels that are not of the task', () => {
      const [bad, why] = {
        binary: [2, '2; a binary task has 0 and 1'],
        multiclass: [0.5, '0.5; a multiclass task has classes 0, 1, ... up to 999'],
        regression: [-Infinity, 'beyond float32: -Infinity'],
        anomaly: [2, '2; an anomaly task has 1, 0 or nothing'],
        ranking: [32, '32; relevance is a whole number from 0 to 31'],
      }[task] as [number, string];
      const labels = small.labels.map((label, row) => (row === 7 ? bad : label));
      expect(faultsOf(() => fit({ ...small, labels }))).toEqual({
        code: 'PLAYHEAD_LEARN_INVALID',
        faults: [`data: the label of row 7 is ${why}`],
      });
    });
  });
};
