import * as fc from 'fast-check';
import { championOf, shareOf } from '#contracts';
import {
  apply as submit,
  judged,
  placeOf,
  promote,
  PROJECT,
  removeAlias,
  reportCompleted,
  review,
  rollBack,
  steer,
  train,
  withRollout,
} from '../../registry.testing';
import { apply } from '../evolve';
import type { Input } from '../inputs';
import type { OutcomeOf } from '../outcomes';
import { currentVersion, initialState, type RegistryState } from '../state';

const DEFINITIONS = [
  withRollout('rollout: { strategy: canary, interval: 1h }'),
  withRollout('rollout: { strategy: canary, steps: [1, 10, 50, 100], interval: 2h }'),
  withRollout('rollout: { strategy: blue-green, interval: 1h }'),
  withRollout('rollout: { strategy: canary, interval: 1h }').replace('threshold: 0.5', 'threshold: 0.4'),
  PROJECT,
];

type Step = (state: RegistryState, offset: number) => Input;

/** Anything that may happen while versions 1 to 4 are there; verdicts are of the step that is under way, or of none. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map(
    (version): Step =>
      () =>
        promote(version),
  ),
  fc.integer({ min: 1, max: 4 }).map(
    (version): Step =>
      () =>
        promote(version),
  ),
  fc.constantFrom('fine' as const, 'fine' as const, 'undecided' as const, 'worse' as const).map(
    (verdict): Step =>
      (state, offset) =>
        judged(verdict, offset)(state),
  ),
  fc.constantFrom('fine' as const, 'fine' as const, 'worse' as const).map(
    (verdict): Step =>
      (state, offset) =>
        judged(verdict, offset)(state),
  ),
  fc.constantFrom('pause' as const, 'resume' as const, 'promote' as const, 'abort' as const).map(
    (action): Step =>
      () =>
        steer(action),
  ),
  fc.constant<Step>(() => rollBack()),
  fc.constantFrom(...DEFINITIONS).map(
    (text): Step =>
      () =>
        submit(text),
  ),
  fc.integer({ min: 1, max: 4 }).map(
    (version): Step =>
      () =>
        review(version, 'rejected'),
  ),
  fc.constant<Step>(() => removeAlias('champion')),
);

const FIRST: readonly Input[] = [
  submit(DEFINITIONS[0]!),
  ...[0, 1, 2, 3].flatMap((n) => [train(), reportCompleted(n, `run-0-${1 + 2 * n}`)]),
];

interface Moment {
  readonly before: RegistryState;
  readonly after: RegistryState;
  readonly changes: readonly OutcomeOf<'rollout-changed'>['fact'][];
}

const tell = (steps: readonly Step[]): Moment[] => {
  const moments: Moment[] = [];
  let state = initialState;
  for (const [offset, each] of [
    ...FIRST.map(
      (input): Step =>
        () =>
          input,
    ),
    ...steps,
  ].entries()) {
    const { state: after, outcomes } = apply(state, each(state, offset), placeOf(offset));
    const changes = outcomes.flatMap((outcome) => (outcome.type === 'rollout-changed' ? [outcome.fact] : []));
    moments.push({ before: state, after, changes });
    state = after;
  }
  return moments.slice(FIRST.length);
};

const story = fc.array(step, { maxLength: 40 });
const always = (property: (moment: Moment) => void): void =>
  fc.assert(
    fc.property(story, (steps) => tell(steps).forEach(property)),
    { numRuns: 40 },
  );

it('answers every entity by exactly one version, and by two only in a rollout', () => {
  always(({ after }) => {
    const fact = after.deployments.get('fraud')!.fact;
    const shares = fact.routes.map((route) => shareOf(fact, route));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(fact.routes.length === 0 ? 0 : 100);
    expect(fact.routes.length > 1).toBe(fact.rollout !== undefined);
    expect(fact.state).toBe(championOf(fact) ? 'active' : 'waiting');
  });
});

it('has what runs agree with the alias: the version that it names comes, or has come', () => {
  always(({ after }) => {
    const fact = after.deployments.get('fraud')!.fact;
    const alias = after.aliases.get('fraud@champion');
    const named = alias && currentVersion(alias);
    const { rollout } = fact;
    expect(rollout ? rollout.version : championOf(fact)?.version).toBe(named);
    if (!rollout) return;
    const held = after.rollouts.get('fraud')!;
    expect(held.status).toBe('running');
    expect(rollout).toEqual(held.rollout);
    expect(rollout.baseline).not.toBe(rollout.version);
    expect(fact.salt).toBe(`fraud/${rollout.version}`);
    expect(fact.routes.map(({ version }) => version).sort()).toEqual(
      [rollout.version, rollout.baseline].sort(),
    );
    expect(rollout.step).toBeLessThan(rollout.steps.length);
  });
});

it('brings back, when a rollout is taken back, exactly what answered before it began', () => {
  always(({ before, after, changes }) => {
    if (changes.at(-1)?.change !== 'aborted') return;
    const { baseline } = before.rollouts.get('fraud')!.rollout;
    expect(
      after.deployments.get('fraud')!.fact.routes.map(({ route, version }) => `${route}=${version}`),
    ).toEqual([`champion=${baseline}`]);
  });
});

it('gives the new version no more entities without a fine verdict or somebody who asks', () => {
  always(({ before, after, changes }) => {
    const [from, to] = [before, after].map((state) => state.deployments.get('fraud')?.fact.rollout);
    if (!from || !to || from.began !== to.began) return;
    const [less, more] = [from.steps[from.step]!, to.steps[to.step]!];
    if (more > less) expect(changes.map(({ change }) => change)).toEqual(['advanced']);
  });
});

it('says of every change of routes in a rollout why, and each of its changes is in the story', () => {
  always(({ after, changes }) => {
    for (const change of changes) {
      expect(change.reason.length).toBeGreaterThan(0);
      if (change.changed_by === 'rollout policy') expect(change.evidence).toHaveLength(1);
    }
    const last = changes.at(-1);
    if (last) expect(after.rollouts.get('fraud')!.story.at(-1)).toMatchObject({ change: last.change });
  });
});
