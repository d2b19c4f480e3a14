import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadModel } from '#inference';
import { trainerOf, type Task } from '#learn';
import type { Findings, Workbench } from '../../src/scenario';
import { denseModel } from './dense-model';
import { makeModel, sampleOf } from './model';

const FEATURES = 32;
const BATCHES = [7, 32, 1_000] as const;
const TRAINING_ROWS = 2_000;

/** Every row of a matrix, in batches of so many; all the numbers that come back. */
type Score = (matrix: Float32Array, rows: number) => Promise<Float32Array>;

/**
 * The same rows alone and in batches: how many have other bits. By `#inference`, as serving and replay score; by ONNX Runtime itself with
 * one thread, as it is held there; and with two, to see what that is worth.
 */
export const bits = async ({ rows, say }: Workbench): Promise<Findings> => {
  const matrix = Float32Array.from(sampleOf(FEATURES, rows, 5).rows.flat());
  const table: string[][] = [];
  let ours = 0;
  for (const [model, make] of MODELS) {
    const file = make();
    const cells: string[] = [];
    for (const [by, open] of WAYS) {
      const { score, close } = await open(file);
      const alone = await inBatches(matrix, rows, 1, score);
      const different: number[] = [];
      for (const batch of BATCHES)
        different.push(differentRows(alone, await inBatches(matrix, rows, batch, score), rows));
      await close();
      if (by === OURS) ours += different.reduce((sum, each) => sum + each, 0);
      cells.push(different.join(' / '));
    }
    table.push([model, ...cells]);
    say(`  ${model}: ${cells.join(', ')}`);
  }
  return {
    figures: { different_rows: ours },
    tables: [
      {
        title: `serving: of ${rows} rows, those with other bits in batches of ${BATCHES.join(' / ')} than alone`,
        columns: ['model', ...WAYS.map(([by]) => by)],
        rows: table,
      },
    ],
  };
};

const OURS = '#inference';

interface Opened {
  readonly score: Score;
  readonly close: () => Promise<void>;
}

const sessionOf =
  (threads: number) =>
  async (file: Uint8Array): Promise<Opened> => {
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
    const session = await InferenceSession.create(file, options);
    const score: Score = async (matrix, rows) => {
      const answer = await session.run({ input: new Tensor('float32', matrix, [rows, FEATURES]) });
      return answer[session.outputNames[0]!]!.data as Float32Array;
    };
    return { score, close: () => session.release() };
  };

const WAYS: readonly (readonly [string, (file: Uint8Array) => Promise<Opened>])[] = [
  [
    OURS,
    async (file) => {
      const model = await loadModel(file, { featureCount: FEATURES });
      return { score: (matrix) => model.score(matrix), close: () => model.close() };
    },
  ],
  ['ONNX Runtime, 1 thread', sessionOf(1)],
  ['2 threads', sessionOf(2)],
];

const inBatches = async (
  matrix: Float32Array,
  rows: number,
  batch: number,
  score: Score,
): Promise<Uint32Array> => {
  const answers: number[] = [];
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(from + batch, rows);
    const values = await score(matrix.slice(from * FEATURES, to * FEATURES), to - from);
    answers.push(...new Uint32Array(values.slice().buffer));
  }
  return Uint32Array.from(answers);
};

/** Rows of which any number differs in any bit; both hold as many numbers for each row. */
export const differentRows = (a: Uint32Array, b: Uint32Array, rows: number): number => {
  const width = a.length / rows;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * width, (row + 1) * width];
    if (a.subarray(from, to).some((value, i) => value !== b[from + i])) count++;
  }
  return count;
};

const fitted =
  (kind: string, task: Task): (() => Uint8Array) =>
  () => {
    const { rows, labels } = sampleOf(FEATURES, TRAINING_ROWS, 1);
    const target = (row: readonly number[], label: number): number =>
      task === 'binary'
        ? label
        : task === 'multiclass'
          ? label + (row[1]! > 0 ? 2 : 0)
          : row[0]! * row[1]! + row[2]!;
    const data = {
      featureNames: Array.from({ length: FEATURES }, (_, i) => `f${i + 1}`),
      columns: Array.from({ length: FEATURES }, (_, i) => Float64Array.from(rows, (row) => row[i]!)),
      labels: Float64Array.from(rows, (row, i) =>
        task === 'anomaly' ? Number.NaN : target(row, labels[i]!),
      ),
    };
    return trainerOf(kind).fit(data, {}, { task, seed: 1 }).toOnnx();
  };

const MODELS: readonly (readonly [string, () => Uint8Array])[] = [
  ['gbdt, 100 trees of depth 6', () => makeModel(FEATURES, 1)],
  ['gbdt, 4 classes', fitted('gbdt', 'multiclass')],
  ['gbdt, regression', fitted('gbdt', 'regression')],
  ['logistic', fitted('logistic', 'binary')],
  ['logistic, 4 classes', fitted('logistic', 'multiclass')],
  ['linear', fitted('linear', 'regression')],
  ['isolation-forest', fitted('isolation-forest', 'anomaly')],
  ['kmeans', fitted('kmeans', 'anomaly')],
  ['dense network, 3 layers of 64', () => denseModel(FEATURES, 64, 1)],
  ['dense network, 3 layers of 257', () => denseModel(FEATURES, 257, 1)],
];
