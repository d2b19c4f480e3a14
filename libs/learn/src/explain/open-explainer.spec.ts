import { rowMajor, type Task } from '../data-set';
import { sigmoid } from '../link';
import { awkwardData } from '../trainer.conformance';
import { trainerOf } from '../trainers';
import type { FittedModel, TrainerKind } from '../trainer';
import { openExplainer, type Explainer } from './open-explainer';

const fitted = (kind: TrainerKind, task: Task, parameters: Record<string, unknown> = {}): FittedModel =>
  trainerOf(kind).fit(awkwardData(task, 300), parameters, { task, seed: 7 });

const opened = (model: FittedModel): Explainer =>
  openExplainer(model.toOnnx(), model.explanation && Buffer.from(model.explanation()));

const TREES = { trees: 8, depth: 4 };

it.each<[TrainerKind, Task, Record<string, unknown>, Explainer['margin']]>([
  ['gbdt', 'binary', TREES, 'log_odds'],
  ['gbdt', 'multiclass', TREES, 'log_odds_by_class'],
  ['gbdt', 'regression', { ...TREES, categorical: ['gaps', 'large'] }, 'value'],
  ['gbdt', 'ranking', TREES, 'value'],
  ['logistic', 'binary', {}, 'log_odds'],
  ['logistic', 'multiclass', {}, 'log_odds_by_class'],
  ['linear', 'regression', {}, 'value'],
])('explains %s for %s from its file as training did, to the bit', (kind, task, parameters, margin) => {
  const model = fitted(kind, task, parameters);
  const explainer = opened(model);
  const rows = rowMajor(awkwardData(task, 300).columns);
  expect(explainer.contributions(rows)).toEqual(model.contributions!(rows));
  expect(explainer).toMatchObject({ margin, outputs: model.outputs });
});

it('gives contributions that add up to the log-odds of the answer', () => {
  const model = fitted('gbdt', 'binary', TREES);
  const { columns } = awkwardData('binary', 50);
  const rows = rowMajor(columns);
  const parts = opened(model).contributions(rows);
  const width = columns.length + 1;
  model.predict(rows).forEach((probability, row) => {
    const margin = parts.subarray(row * width, (row + 1) * width).reduce((sum, part) => sum + part, 0);
    expect(sigmoid(margin)).toBeCloseTo(probability, 6);
  });
});

it('refuses what it cannot take apart, and says why', () => {
  const trees = fitted('gbdt', 'binary', TREES);
  expect(() => openExplainer(trees.toOnnx())).toThrow(
    expect.objectContaining({
      code: 'PLAYHEAD_EXPLANATION_UNAVAILABLE',
      message: expect.stringContaining('no covers') as string,
    }),
  );
  const kmeans = trainerOf('kmeans').fit(
    awkwardData('anomaly', 50),
    { clusters: 2 },
    { task: 'anomaly', seed: 7 },
  );
  expect(() => opened(kmeans)).toThrow(
    expect.objectContaining({
      code: 'PLAYHEAD_EXPLANATION_UNAVAILABLE',
      message: expect.stringContaining('kmeans') as string,
    }),
  );
});

it('refuses the covers of other trees', () => {
  const [trees, others] = [fitted('gbdt', 'binary', TREES), fitted('gbdt', 'binary', { trees: 3, depth: 2 })];
  expect(() => openExplainer(trees.toOnnx(), Buffer.from(others.explanation!()))).toThrow(
    expect.objectContaining({ code: 'PLAYHEAD_INFERENCE_MODEL_INVALID' }),
  );
});
