import * as fc from 'fast-check';
import { Rng } from '#kernel';
import { StreamLearner, type StreamLimits } from './label-stream';
import type { OnlineSettings } from './online-learner';
import { progressiveValidate } from './progressive';

const DAY = 86_400_000;
const LIMITS: StreamLimits = { waitMs: 3 * DAY, waiting: 1_000, window: 20 };

const settings: OnlineSettings = {
  kind: 'hoeffding-tree',
  task: 'binary',
  featureNames: ['a', 'b'],
  classes: 2,
  parameters: { grace_period: 20, delta: 0.1, tau: 0.3 },
  seed: 3,
};

type Input =
  | { readonly vector: string; readonly time: number; readonly x: readonly number[] }
  | { readonly label: string; readonly time: number; readonly value: number | null };

const fold = (stream: StreamLearner, input: Input): void =>
  'vector' in input
    ? stream.foldVector(input.vector, input.time, input.x)
    : stream.foldLabel(input.label, input.time, input.value);

const begin = (limits = LIMITS): StreamLearner => StreamLearner.begin(settings, limits);

const rng = new Rng(4);
const rows = Array.from({ length: 300 }, (_, row) => {
  const x = [rng.uniform(), rng.below(5) === 0 ? NaN : rng.uniform() * 1e39];
  return { id: `e${row}`, time: 1e12 + row * 3_600_000, x, label: x[0]! > 0.4 ? 1 : 0 };
});

it('does what progressive validation does, where labels come in order', () => {
  const delay = 24;
  const stream = begin({ ...LIMITS, window: 1_000 });
  rows.forEach((row, index) => {
    fold(stream, { vector: row.id, time: row.time, x: row.x });
    const known = rows[index - delay];
    if (known) fold(stream, { label: known.id, time: row.time, value: known.label });
  });
  const learner = begin().learner;
  const observations = rows.map(({ x, label }) => ({ x: Float32Array.from(x), label }));
  const report = progressiveValidate(observations, learner, { labelDelay: delay });
  expect(stream.report()).toEqual(report);
  expect(stream.learner.state()).toEqual(learner.state());
  expect(stream.window().map(({ label }) => label)).toEqual(
    rows.slice(delay + 1, report!.observations).map(({ label }) => label),
  );
});

const inputs = fc
  .array(fc.record({ row: fc.nat(60), isLabel: fc.boolean(), value: fc.constantFrom(0, 1, null) }), {
    maxLength: 200,
  })
  .map((picks) =>
    picks.map(({ row, isLabel, value }): Input => {
      const { id, time, x } = rows[row]!;
      return isLabel ? { label: id, time: time + DAY, value } : { vector: id, time, x };
    }),
  );

it('goes on from its bytes as if it had never stopped', () => {
  fc.assert(
    fc.property(inputs, fc.nat(), (all, cut) => {
      const at = cut % (all.length + 1);
      const whole = begin();
      for (const input of all) fold(whole, input);
      const first = begin();
      for (const input of all.slice(0, at)) fold(first, input);
      const second = StreamLearner.decode(first.encode(), LIMITS);
      expect(second.encode()).toEqual(first.encode());
      for (const input of all.slice(at)) fold(second, input);
      expect(second.encode()).toEqual(whole.encode());
      expect(StreamLearner.decode(whole.encodeModel(), LIMITS).encodeModel()).toEqual(whole.encodeModel());
    }),
    { numRuns: 20 },
  );
});

it('keeps no more than it may', () => {
  const stream = begin({ waitMs: DAY, waiting: 30, window: 7 });
  for (const { id, time, x } of rows) {
    fold(stream, { vector: id, time, x });
    fold(stream, { label: `other-${id}`, time, value: 1 });
    expect(stream.sizes.waiting).toBeLessThanOrEqual(25);
    expect(stream.sizes.early).toBeLessThanOrEqual(25);
  }
  const crowded = begin({ waitMs: 1_000 * DAY, waiting: 30, window: 7 });
  for (const { id, time, x } of rows) fold(crowded, { vector: id, time, x });
  expect(crowded.sizes).toEqual({ waiting: 30, early: 0, window: 0 });
  for (const { id, time } of rows) fold(crowded, { label: id, time, value: 0 });
  expect(crowded.report()!.observations).toBe(30);
  expect(crowded.sizes.window).toBe(7);
  // All of them were said before the first label: there is nothing better to judge by.
  expect(crowded.window().map(({ isTaught }) => isTaught)).toEqual(new Array(7).fill(false));
});

it('learns once from an event: an early label that is withdrawn teaches nothing, a later correction neither', () => {
  const stream = begin();
  const [a, b] = rows as [(typeof rows)[0], (typeof rows)[0]];
  stream.foldLabel(a.id, a.time, 1);
  stream.foldLabel(a.id, a.time, null);
  stream.foldVector(a.id, a.time, a.x);
  expect(stream.report()).toBeNull();
  stream.foldVector(b.id, b.time, b.x);
  stream.foldLabel(b.id, b.time, 1);
  const state = stream.learner.state();
  stream.foldLabel(b.id, b.time, 0);
  expect(stream.learner.state()).toEqual(state);
  expect(() => stream.foldLabel(a.id, a.time, 2)).toThrow('none of the classes');
  expect(stream.sizes.waiting).toBe(1);
});
