import { LabelJoin, type JoinedPrediction } from './label-join';

const DAY = 86_400_000;
const prediction = (time: number): JoinedPrediction => ({
  time,
  version: 1,
  threshold: null,
  score: 2,
  windowMs: DAY,
  maturityMs: 3 * DAY,
});
const label = (knownAt: number, value = 1) => ({ value, knownAt, partition: 0, offset: knownAt });
const LIMITS = { slackMs: DAY, entries: 100 };

it('hands a window on once predictions and labels have both come as far as its labels need', () => {
  const join = new LabelJoin('regression', LIMITS);
  join.foldPrediction('a', prediction(0));
  expect(join.foldPrediction('b', prediction(6 * DAY))).toBeUndefined();
  expect(join.foldLabel('a', label(3 * DAY))).toMatchObject({ through: 0, parts: [] });
  expect(join.foldLabel('c', label(4 * DAY))).toMatchObject({
    through: DAY,
    parts: [{ watched: { version: 1, threshold: null, window: { start: 0, end: DAY } } }],
  });
});

it('tells a correction of a measured window at the next tick, once', () => {
  const join = new LabelJoin('regression', LIMITS);
  join.foldPrediction('a', prediction(0));
  join.foldPrediction('b', prediction(5 * DAY));
  join.foldLabel('a', label(DAY));
  expect(join.foldLabel('c', label(5 * DAY))?.parts).toHaveLength(1);
  expect(join.tick()).toBeUndefined();
  join.foldLabel('a', label(5 * DAY + 1, 2));
  const [part] = join.tick()!.parts;
  // The pair with the error 1 is taken back, the one with the error 0 added.
  expect(part!.performance.counts.toJSON()).toMatchObject({ rows: 0, absoluteError: [-1], labels: [1] });
  expect(join.tick()).toBeUndefined();
});

it('forgets events when window, maturity and slack are over', () => {
  const join = new LabelJoin('regression', LIMITS);
  for (let day = 0; day < 20; day++) {
    join.foldPrediction(`p-${day}`, prediction(day * DAY));
    join.foldLabel(`never predicted ${day}`, label(day * DAY));
  }
  // Five days of predictions and labels, and the two that moved the clock.
  expect(join.size).toBe(2 * 6);
});

it('forgets the oldest events when there are too many', () => {
  const join = new LabelJoin('regression', LIMITS);
  for (let i = 0; i < 1_000; i++) join.foldPrediction(`p-${i}`, prediction(i));
  expect(join.size).toBe(100);
});
