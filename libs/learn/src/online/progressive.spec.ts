import { Rng } from '#kernel';
import { mostProbable, type OnlineLearner } from './online-learner';
import { beginOnline } from './learner';
import { ProgressiveMeasure, progressiveValidate } from './progressive';

const rng = new Rng(9);
const stream = Array.from({ length: 400 }, (_, row) => {
  const x = [rng.uniform(), rng.uniform()];
  return { x, label: Math.floor(row / 20) % 2 === 0 ? 1 : x[0]! > 0.5 ? 1 : 0 };
});
const learner = (): OnlineLearner =>
  beginOnline({
    kind: 'online-logistic',
    task: 'binary',
    featureNames: ['a', 'b'],
    classes: 2,
    parameters: {},
    seed: 1,
  });

it.each([0, 1, 30])('measures what was said before the label was known, %p rows later', (labelDelay) => {
  const model = learner();
  const said: number[] = [];
  const baseline: number[] = [];
  const truths: number[] = [];
  stream.forEach(({ x }, row) => {
    said.push(mostProbable(model.predictOne(x)));
    baseline.push(row > labelDelay ? stream[row - labelDelay - 1]!.label : 0);
    if (row < labelDelay) return;
    const { x: old, label } = stream[row - labelDelay]!;
    truths.push(label);
    model.learnOne(old, label);
  });
  const n = truths.length;
  const share = (of: readonly number[], k: number): number =>
    of.slice(0, n).filter((each) => each === k).length / n;
  const right = (of: readonly number[]): number =>
    truths.filter((label, row) => of[row] === label).length / n;
  const chance = share(said, 0) * share(truths, 0) + share(said, 1) * share(truths, 1);
  const report = progressiveValidate(stream, learner(), { labelDelay })!;
  expect(report.observations).toBe(n);
  expect(report.accuracy).toBe(right(said));
  expect(report.no_change_accuracy).toBe(right(baseline));
  expect(report.kappa).toBeCloseTo((right(said) - chance) / (1 - chance), 12);
  expect(report.kappa_temporal).toBeCloseTo((right(said) - right(baseline)) / (1 - right(baseline)), 12);
});

it('says nothing before the first label, and goes on from its numbers', () => {
  const measure = new ProgressiveMeasure(3);
  expect(measure.report()).toBeNull();
  measure.judge(measure.say([0.2, 0.5, 0.3]), 1);
  measure.judge(measure.say([0.6, 0.4, 0]), 2);
  const numbers: number[] = [];
  measure.write((...more) => numbers.push(...more));
  const again = new ProgressiveMeasure(3);
  again.read(() => numbers.shift()!);
  expect(again.report()).toEqual(measure.report());
  expect(again.report()).toMatchObject({ observations: 2, accuracy: 0.5, no_change_accuracy: 0 });
});
