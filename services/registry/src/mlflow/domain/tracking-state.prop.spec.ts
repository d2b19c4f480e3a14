import fc from 'fast-check';
import { canonicalJson, type CanonicalValue } from '#kernel';
import { isAboutNames, keyOf, type TrackingFact } from './facts';
import { TrackingState } from './tracking-state';

const small = fc.constantFrom('a', 'b', 'c');
const at = fc.integer({ min: 0, max: 1_000 });
const text = fc.constantFrom('x', 'y');
const tags = fc.dictionary(small, text, { maxKeys: 2 });
const tagChanges = fc.dictionary(small, fc.option(text), { maxKeys: 2 });
const stage = fc.constantFrom('active' as const, 'deleted' as const);

const metric = fc.record(
  {
    key: small,
    value: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('NaN' as const, 'Infinity' as const)),
    time: at,
    step: fc.integer({ min: -2, max: 3 }),
    model: small,
  },
  { requiredKeys: ['key', 'value', 'time', 'step'] },
);

const facts: fc.Arbitrary<TrackingFact> = fc.oneof(
  fc.record({
    type: fc.constant('experiment-created' as const),
    value: fc.record({ name: small, tags, at }),
  }),
  fc.record({
    type: fc.constant('experiment-changed' as const),
    value: fc.record(
      { experiment: fc.constantFrom('0', '1', '2'), name: small, stage, tags: tagChanges, at },
      { requiredKeys: ['experiment', 'at'] },
    ),
  }),
  fc.record({
    type: fc.constant('model-created' as const),
    value: fc.record({ name: small, description: text, tags, at }),
  }),
  fc.record({
    type: fc.constant('model-changed' as const),
    value: fc.record(
      {
        name: small,
        new_name: small,
        description: text,
        tags: tagChanges,
        aliases: fc.dictionary(small, fc.option(fc.integer({ min: 1, max: 3 })), { maxKeys: 2 }),
        deleted: fc.constant(true as const),
        at,
      },
      { requiredKeys: ['name', 'at'] },
    ),
  }),
  fc.record({
    type: fc.constant('version-created' as const),
    value: fc.record({ name: small, source: text, description: text, tags, at }),
  }),
  fc.record({
    type: fc.constant('version-changed' as const),
    value: fc.record(
      {
        name: small,
        version: fc.integer({ min: 1, max: 3 }),
        stage: fc.constantFrom('Staging' as const, 'Production' as const),
        archive_others: fc.boolean(),
        deleted: fc.constant(true as const),
        at,
      },
      { requiredKeys: ['name', 'version', 'at'] },
    ),
  }),
  fc.record({
    type: fc.constant('run-created' as const),
    value: fc.record({
      run: small,
      experiment: fc.constantFrom('0', '1'),
      artifacts: text,
      name: text,
      user: text,
      started: at,
      tags,
    }),
  }),
  fc.record({
    type: fc.constant('run-changed' as const),
    value: fc.record(
      {
        run: small,
        status: fc.constantFrom('FINISHED' as const, 'FAILED' as const),
        ended: at,
        name: text,
        stage,
      },
      { requiredKeys: ['run'] },
    ),
  }),
  fc.record({
    type: fc.constant('batch-logged' as const),
    value: fc.record(
      {
        run: small,
        metrics: fc.array(metric, { maxLength: 4 }),
        params: tags,
        tags: tagChanges,
        logged_model: fc.constant('{}'),
      },
      { requiredKeys: ['run'] },
    ),
  }),
  fc.record({
    type: fc.constant('logged-model-created' as const),
    value: fc.record({
      model: small,
      experiment: fc.constant('0'),
      artifacts: text,
      name: text,
      params: tags,
      tags,
      at,
    }),
  }),
  fc.record({
    type: fc.constant('logged-model-changed' as const),
    value: fc.record(
      {
        model: small,
        status: fc.constant('LOGGED_MODEL_READY' as const),
        tags: tagChanges,
        deleted: fc.constant(true as const),
        at,
      },
      { requiredKeys: ['model', 'at'] },
    ),
  }),
  fc.record({
    type: fc.constant('artifact-logged' as const),
    value: fc.record({ folder: small, path: fc.constantFrom('p', 'p/q'), artifact: text, size: at }),
  }),
  fc.record({
    type: fc.constant('artifact-deleted' as const),
    value: fc.record({ folder: small, path: fc.constantFrom('', 'p') }),
  }),
);

const digestOf = (state: TrackingState): string[] =>
  [...state.rows()].map((row) => canonicalJson(row as unknown as CanonicalValue)).sort();

/** Three lanes, as partitions would be: names, and two for the rest. */
const laneOf = (fact: TrackingFact): number => (isAboutNames(fact) ? 0 : 1 + (keyOf(fact).charCodeAt(0) % 2));

it('gives the same answers however the partitions interleave, and the same outcome to every fact', () => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 60 }), fc.array(fc.nat(2), { maxLength: 200 }), (all, picks) => {
      const straight = new TrackingState();
      const outcomes = new Map(all.map((fact) => [fact, straight.apply(fact)]));
      const lanes: TrackingFact[][] = [[], [], []];
      for (const fact of all) lanes[laneOf(fact)]!.push(fact);
      const mixed = new TrackingState();
      const take = (lane: number): void => {
        const fact = lanes[lane]!.shift();
        if (fact) expect(mixed.apply(fact)).toEqual(outcomes.get(fact));
      };
      for (const pick of picks) take(pick);
      for (const lane of [2, 0, 1]) while (lanes[lane]!.length > 0) take(lane);
      expect(digestOf(mixed)).toEqual(digestOf(straight));
    }),
  );
});

it('a refused fact changes nothing', () => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 40 }), (all) => {
      const state = new TrackingState();
      for (const fact of all) {
        const before = digestOf(state);
        if (state.apply(fact).refusal) expect(digestOf(state)).toEqual(before);
      }
    }),
  );
});
