import { isPlatformError, Rng, sha256 } from '#kernel';
import { MAX_FLOAT32, rowMajor, type DataSet, type Task } from './data-set';
import { OUTPUTS } from './onnx/model';
import { runOnnx } from './onnx/onnx-runtime.testing';
import type { FitProgress, FittedModel, Trainer } from './trainer';

/** A table with gaps, ties, a constant, an empty and a repeated column, and values beyond float32. */
export const awkwardData = (task: Task, rows: number, seed = 5): DataSet => {
  const rng = new Rng(seed);
  const fill = (next: (row: number) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => next(row));
  const signal = fill(() => rng.uniform() * 4 - 2);
  const gaps = fill(() => (rng.below(4) === 0 ? NaN : rng.below(7)));
  const large = fill(() => [1e300, -1e300, 3e38, 1e-40, 12345.678][rng.below(5)]!);
  const columns = [
    signal,
    gaps,
    fill(() => 3.3),
    fill(() => NaN),
    signal.slice(),
    large,
    fill(() => 1.7e9 + rng.below(1000)),
  ];
  const value = (row: number): number =>
    signal[row]! + (Number.isNaN(gaps[row]) ? 1 : 0.1 * gaps[row]!) + rng.uniform();
  const labels = fill((row) => (task === 'binary' ? (value(row) > 0.9 ? 1 : 0) : 100 * value(row)));
  return {
    featureNames: ['signal', 'gaps', 'constant', 'empty', 'again', 'large', 'offset'],
    columns,
    labels,
  };
};

/** Rows of all kinds: those of the data, and every column's values each beside missing, huge, infinite and neighbouring ones. */
const probingRows = (data: DataSet): Float32Array => {
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

/** What every trainer must keep to, for every task that it knows. */
export const trainerConformance = (trainer: Trainer, task: Task): void => {
  const small = awkwardData(task, 300);
  const quick: Record<string, number> = trainer.kind === 'gbdt' ? { trees: 12 } : {};
  const fit = (data: DataSet, seed = 1, parameters: Record<string, unknown> = quick): FittedModel =>
    trainer.fit(data, parameters, { task, seed });
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
      const again = awkwardData(task, 300);
      expect(sha256(fit(small).toOnnx())).toBe(sha256(fit(again).toOnnx()));
    });

    it('leaves its inputs as they were', () => {
      const data = awkwardData(task, 120);
      const before = structuredClone(data);
      trainer.fit(data, quick, { task, seed: 1, validation: data }).toOnnx();
      expect(data).toEqual(before);
    });

    it('answers as ONNX Runtime does, to 1e-6', async () => {
      const model = fit(small);
      const rows = probingRows(small);
      const expected = model.predict(rows);
      const { output, answers } = await runOnnx(model.toOnnx(), rows, small.columns.length);
      expect(output).toBe(OUTPUTS[task]);
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

    it('learns something: better than the constant answer', () => {
      let last: FitProgress | undefined;
      trainer.fit(small, quick, { task, seed: 1, onProgress: (progress) => (last = progress) });
      const mean = small.labels.reduce((sum, label) => sum + label, 0) / small.labels.length;
      const constant =
        task === 'binary'
          ? -mean * Math.log(mean) - (1 - mean) * Math.log(1 - mean)
          : Math.sqrt(
              small.labels.reduce((sum, label) => sum + (label - mean) ** 2, 0) / small.labels.length,
            );
      expect(last?.train).toBeLessThan(0.8 * constant);
    });

    it('reports each iteration with what it says about training and validation', () => {
      const seen: FitProgress[] = [];
      trainer.fit(small, quick, {
        task,
        seed: 1,
        validation: small,
        onProgress: (progress) => seen.push(progress),
      });
      expect(seen.map(({ iteration }) => iteration)).toEqual(seen.map((_, index) => index + 1));
      for (const { train, validation, metric } of seen) {
        expect(metric).toBe(task === 'binary' ? 'log_loss' : 'rmse');
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

    it('survives columns that say nothing, alone', async () => {
      const data = {
        ...small,
        featureNames: ['constant', 'empty'],
        columns: [small.columns[2]!, small.columns[3]!],
      };
      const model = fit(data);
      const rows = Float32Array.of(3.3, NaN, NaN, NaN, 1e30, -5);
      const mean = data.labels.reduce((sum, label) => sum + label, 0) / data.labels.length;
      const { answers } = await runOnnx(model.toOnnx(), rows, 2);
      expect([...answers]).toEqual([...model.predict(rows)]);
      for (const answer of answers) expect(answer).toBeCloseTo(mean, 3);
    });

    it('takes float32 columns and double columns as the same data', () => {
      const rounded = { ...small, columns: small.columns.map((column) => Float32Array.from(column)) };
      expect(sha256(fit(rounded).toOnnx())).toBe(sha256(fit(small).toOnnx()));
    });

    it('copes with repeated rows', () => {
      const twice = <T extends Float64Array | Float32Array>(column: T): Float64Array =>
        Float64Array.from([...column, ...column]);
      const model = fit({ ...small, columns: small.columns.map(twice), labels: twice(small.labels) });
      expect(model.predict(rowMajor(small.columns)).some(Number.isNaN)).toBe(false);
    });

    it('copes with a single row, if the task can', () => {
      const one = {
        featureNames: ['x', 'y'],
        columns: [Float64Array.of(2), Float64Array.of(NaN)],
        labels: Float64Array.of(1),
      };
      if (task === 'binary') {
        expect(faultsOf(() => fit(one))).toEqual({
          code: 'PLAYHEAD_LEARN_INVALID',
          faults: ['all 1 labels are 1; a binary task needs both classes'],
        });
      } else {
        expect([...fit(one).predict(Float32Array.of(2, NaN, 7, 7))]).toEqual([1, 1]);
      }
    });

    it('refuses what cannot be trained on, naming all of it', () => {
      const labels = Float64Array.of(0, NaN, 1);
      const x = Float64Array.of(1, 2, 3);
      expect(
        faultsOf(() =>
          trainer.fit(
            { featureNames: ['x', 'x', 'z'], columns: [x, x.slice(1)], labels },
            { l3: 1 },
            { task, seed: -1, validation: { featureNames: ['w'], columns: [x], labels: x.slice(0, 0) } },
          ),
        ),
      ).toEqual({
        code: 'PLAYHEAD_LEARN_INVALID',
        faults: [
          'unknown parameter "l3"; did you mean "l2"?',
          'seed must be a whole number from 0 to 2^32 - 1, not -1',
          'data has 2 columns but 3 feature names',
          'data has the feature "x" more than once',
          'data: column "x" has 2 rows, the labels 3',
          'data: the label of row 1 is missing (NaN)',
          'validation has no rows',
          'validation: column "w" has 3 rows, the labels 0',
          'validation does not have the features of the training data in the same order',
        ],
      });
      expect(faultsOf(() => fit({ featureNames: [], columns: [], labels: x.slice(0, 0) }))).toMatchObject({
        faults: ['data has no features', 'data has no rows'],
      });
    });

    it('refuses labels that are not of the task', () => {
      const bad = small.labels.map((label, row) => (row === 7 ? (task === 'binary' ? 2 : -Infinity) : label));
      expect(faultsOf(() => fit({ ...small, labels: bad }))).toEqual({
        code: 'PLAYHEAD_LEARN_INVALID',
        faults: [
          task === 'binary'
            ? 'data: the label of row 7 is 2; a binary task has 0 and 1'
            : 'data: the label of row 7 is beyond float32: -Infinity',
        ],
      });
    });
  });
};
