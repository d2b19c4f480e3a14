import fc from 'fast-check';
import { championOf } from '#contracts';
import {
  apply,
  checked,
  judged,
  promoteChecked,
  reportCompleted,
  review,
  rollBack,
  steer,
  train,
  withModel,
} from '../../registry.testing';
import { dueByAlert } from '../../triggers/due';
import { apply as fold } from '../evolve';
import type { Input } from '../inputs';
import { hasEnded, initialState, runsOf, type RegistryState } from '../state';
import { raised, resolved } from './loop.testing';
import { isByPolicy, TRIGGER_ACTOR } from './policy';

const BUDGET = { runs: 2, perMinutes: 60 };
const PROJECT = withModel(
  `retrain: { on: [data-drift, performance], debounce: 2m, budget: { runs: ${BUDGET.runs}, per: ${BUDGET.perMinutes}m }, promote: champion, rollback: { on: [performance], within: 20m } }`,
);
const CANARY = PROJECT.replace(
  'spec: { model: fraud, alias: champion, threshold: 0.5 }',
  `spec:\n  model: fraud\n  threshold: 0.5\n  rollout: { strategy: canary, steps: [10, 100], interval: 1h, abort: { metric: error_rate, above: 0.01 } }`,
);
const APPROVED = PROJECT.replace('  retrain:', '  approval: { required: true }\n  retrain:');

/** Things that happen: numbers say which version, run or verdict of those that there are. */
const happenings = fc.array(
  fc.record({
    what: fc.constantFrom('alert', 'bad', 'over', 'clock', 'done', 'failed', 'check', 'broken', 'approve', 'reject', 'fine', 'worse', 'promote', 'roll back', 'train', 'abort'), // prettier-ignore
    which: fc.nat(5),
    minutes: fc.nat(15),
  }),
  { minLength: 20, maxLength: 80 },
);
type Happening = typeof happenings extends fc.Arbitrary<(infer H)[]> ? H : never;

const inputOf = (state: RegistryState, { what, which }: Happening, offset: number): Input | undefined => {
  const latest = state.latest.get('fraud') ?? 0;
  const version = Math.max(1, latest - which);
  const run = runsOf(state, 'fraud').find((each) => !hasEnded(each))?.run;
  switch (what) {
    case 'alert':
      return raised(offset, version);
    case 'bad':
      return raised(offset, version, 'performance');
    case 'over':
      return resolved(offset, version);
    case 'clock': {
      const [due] = dueByAlert(state, Date.parse(state.time));
      if (!due) return undefined;
      const { request, model, cause } = due;
      return { type: 'training', value: { request, actor: TRIGGER_ACTOR, model, cause } };
    }
    case 'done':
    case 'failed':
      return run === undefined ? undefined : reportCompleted(offset, run, what === 'done' ? 0.7 : 0.01);
    case 'check':
    case 'broken': {
      const known = state.versions.get(`fraud@${version}`);
      return known && checked(version, known.run, what === 'broken' ? 'it answers NaN' : undefined);
    }
    case 'approve':
    case 'reject':
      return review(version, what === 'approve' ? 'approved' : 'rejected', undefined, 'grace');
    case 'fine':
    case 'worse':
      return judged(what, offset)(state);
    case 'promote':
      return promoteChecked(version);
    case 'roll back':
      return rollBack();
    case 'train':
      return train();
    case 'abort':
      return steer('abort');
  }
};

/** Folds what happens and looks after each input. */
const each = (
  project: string,
  things: readonly Happening[],
  look: (before: RegistryState, after: RegistryState, outcomes: ReturnType<typeof fold>['outcomes']) => void,
): RegistryState => {
  let state = initialState;
  let minutes = 0;
  const take = (input: Input | undefined, offset: number): void => {
    if (!input) return;
    const time = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
    const { state: after, outcomes } = fold(state, input, { offset, time });
    look(state, after, outcomes);
    state = after;
  };
  take(apply(project), 0);
  for (const [i, happening] of things.entries()) {
    minutes += happening.minutes;
    take(inputOf(state, happening, i + 1), i + 1);
  }
  return state;
};

describe.each([
  ['at once', PROJECT],
  ['through a canary', CANARY],
  ['with approval', APPROVED],
])('whatever happens in whatever order, %s,', (_name, project) => {
  it('the policy promotes only what passed, was checked, was not rejected and is newer than all that the alias has named', () => {
    let promotions = 0;
    fc.assert(
      fc.property(happenings, (things) => {
        each(project, things, (before, after, outcomes) => {
          for (const outcome of outcomes) {
            if (outcome.type !== 'alias-assigned' || !outcome.fact.policy) continue;
            const version = after.versions.get(`fraud@${outcome.fact.version}`)!;
            if (outcome.fact.cause !== 'promotion') continue;
            promotions++;
            expect(version).toMatchObject({ passed: true, check: { ok: true } });
            expect(version.verdict?.verdict).not.toBe('rejected');
            if (project === APPROVED) expect(version.verdict?.verdict).toBe('approved');
            expect(outcome.fact.version).toBeGreaterThan(before.named.get('fraud@champion') ?? 0);
          }
        });
      }),
      { numRuns: 25 },
    );
    expect(promotions).toBeGreaterThan(0);
  });

  it('the budget holds, and no run by policy begins beside another run', () => {
    fc.assert(
      fc.property(happenings, (things) => {
        const asked: number[] = [];
        each(project, things, (before, after, outcomes) => {
          for (const outcome of outcomes) {
            if (outcome.type !== 'training-requested' || !isByPolicy(outcome.fact)) continue;
            expect(runsOf(before, 'fraud').every(hasEnded)).toBe(true);
            asked.push(Date.parse(after.time));
          }
        });
        for (const time of asked) {
          const within = asked.filter((other) => other <= time && time - other < BUDGET.perMinutes * 60_000);
          expect(within.length).toBeLessThanOrEqual(BUDGET.runs);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('one version at most is the champion of a deployment, and the one that its alias means or began from', () => {
    fc.assert(
      fc.property(happenings, (things) => {
        each(project, things, (_, { deployments, aliases }) => {
          const fact = deployments.get('fraud')!.fact;
          expect(fact.routes.filter(({ route }) => route === 'champion').length).toBeLessThanOrEqual(1);
          const named = aliases.get('fraud@champion')?.history.at(-1);
          expect(championOf(fact)?.version).toBe(fact.rollout?.baseline ?? named);
        });
      }),
      { numRuns: 25 },
    );
  });
});
