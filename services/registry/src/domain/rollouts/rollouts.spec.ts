import {
  apply,
  judged,
  placeOf,
  promote,
  PROJECT,
  reportCompleted,
  review,
  rollBack,
  steer,
  train,
  withRollout,
} from '../../registry.testing';
import { apply as fold } from '../evolve';
import type { Input } from '../inputs';
import type { Outcome } from '../outcomes';
import { currentVersion, initialState, type RegistryState } from '../state';

type Step = Input | ((state: RegistryState) => Input);

/** The state after a story, and what its last input led to. */
const after = (...steps: readonly Step[]): { state: RegistryState; last: readonly Outcome[] } => {
  let [state, last]: [RegistryState, readonly Outcome[]] = [initialState, []];
  for (const [offset, step] of steps.entries()) {
    const applied = fold(state, typeof step === 'function' ? step(state) : step, placeOf(offset));
    [state, last] = [applied.state, applied.outcomes];
  }
  return { state, last };
};

const versions = (count: number): Input[] =>
  Array.from({ length: count }, (_, n) => [train(), reportCompleted(n, `run-0-${1 + 2 * n}`)]).flat();

const CANARY =
  'rollout: { strategy: canary, steps: [5, 25, 100], interval: 1h, abort: { metric: error_rate, above: 0.01 } }';
const BLUE_GREEN = 'rollout: { strategy: blue-green, interval: 1h }';

/** Version 1 answers; version 2 has just been promoted. */
const begun = (rollout = CANARY): Step[] => [
  apply(withRollout(rollout)),
  ...versions(3),
  promote(1),
  promote(2),
];

const factOf = ({ state }: { state: RegistryState }) => state.deployments.get('fraud')!.fact;
const routesOf = (story: { state: RegistryState }): string[] =>
  factOf(story).routes.map(
    ({ route, version, share }) => `${route}=${version}${share === undefined ? '' : ` ${share} %`}`,
  );
const championAlias = ({ state }: { state: RegistryState }): number =>
  currentVersion(state.aliases.get('fraud@champion')!);
const changesOf = ({ state }: { state: RegistryState }): string[] =>
  state.rollouts.get('fraud')?.story.map(({ change, share }) => `${change} ${share}`) ?? [];
const refusalOf = ({ last }: { last: readonly Outcome[] }): string | undefined =>
  last[0]?.type === 'command-refused' ? last[0].fact.message : undefined;

describe('a canary', () => {
  it('has nothing to be measured by when it is the first version ever', () => {
    const story = after(apply(withRollout(CANARY)), ...versions(1), promote(1));
    expect(routesOf(story)).toEqual(['champion=1']);
    expect(factOf(story).rollout).toBeUndefined();
  });

  it('begins at the first share when another version is promoted, and says how it is watched', () => {
    const story = after(...begun());
    expect(routesOf(story)).toEqual(['champion=1 95 %', 'canary=2 5 %']);
    expect(factOf(story)).toMatchObject({ salt: 'fraud/2', state: 'active' });
    expect(factOf(story).rollout).toEqual({
      strategy: 'canary',
      version: 2,
      baseline: 1,
      began: '0-8',
      step: 0,
      steps: [5, 25, 100],
      interval_ms: 3_600_000,
      since: placeOf(8).time,
      abort: [{ metric: 'error_rate', above: 0.01, rows: 100 }],
    });
  });

  it('takes a step with each fine verdict until the new version answers alone', () => {
    const shares: string[][] = [];
    const steps = begun();
    for (let i = 0; i < 3; i++) {
      steps.push(judged('fine', i));
      shares.push(routesOf(after(...steps)));
    }
    expect(shares).toEqual([
      ['champion=1 75 %', 'canary=2 25 %'],
      ['champion=1 0 %', 'canary=2 100 %'],
      ['champion=2'],
    ]);
    const story = after(...steps);
    expect(changesOf(story)).toEqual(['began 5', 'advanced 25', 'advanced 100', 'completed 100']);
    expect(factOf(story)).not.toHaveProperty('rollout');
    expect(factOf(story)).not.toHaveProperty('salt');
  });

  it('goes back by itself when it is worse, alias and routes together, with the reason and the position that says so', () => {
    const story = after(...begun(), judged('fine', 0), judged('worse', 1));
    expect(routesOf(story)).toEqual(['champion=1']);
    expect(championAlias(story)).toBe(1);
    expect(story.last.map(({ type }) => type)).toEqual([
      'rollout-changed',
      'alias-assigned',
      'deployment-updated',
    ]);
    expect(story.last[1]!.fact).toEqual({
      model: 'fraud',
      alias: 'champion',
      version: 1,
      previous: 2,
      cause: 'rollout',
      reason: 'error_rate of version 2 is 0.031, the limit is 0.01',
      assigned_by: 'rollout policy',
      evidence: [{ kind: 'verdict', id: 'monitoring.rollouts:0-1' }],
    });
    expect(story.state.rollouts.get('fraud')).toMatchObject({ status: 'aborted' });
  });

  it('may be tried again after it went back, as a rollout of its own', () => {
    const story = after(...begun(), judged('worse', 0), promote(2));
    expect(routesOf(story)).toEqual(['champion=1 95 %', 'canary=2 5 %']);
    expect(changesOf(story)).toEqual(['began 5']);
    const late = after(...begun(), judged('worse', 0), promote(2), {
      ...judged('worse', 1)(after(...begun()).state),
    });
    expect(routesOf(late)).toEqual(['champion=1 95 %', 'canary=2 5 %']);
  });

  it('waits longer when there was too little to judge by, and its watch goes on', () => {
    const before = factOf(after(...begun()));
    const story = after(...begun(), judged('undecided', 0));
    expect(changesOf(story)).toEqual(['began 5', 'prolonged 5']);
    expect(factOf(story)).toEqual(before);
    expect(story.last.map(({ type }) => type)).toEqual(['rollout-changed']);
  });

  it('takes no verdict of another step, and none twice', () => {
    const first = after(...begun()).state;
    const stale = judged('fine', 1)(first);
    expect(routesOf(after(...begun(), judged('fine', 0), stale))).toEqual([
      'champion=1 75 %',
      'canary=2 25 %',
    ]);
    const again = judged('fine', 0)(first);
    expect(after(...begun(), judged('fine', 0), again).last).toEqual([]);
  });

  it('begins again from the version before when a newer one is promoted meanwhile', () => {
    const story = after(...begun(), judged('fine', 0), promote(3));
    expect(routesOf(story)).toEqual(['champion=1 95 %', 'canary=3 5 %']);
    expect(factOf(story)).toMatchObject({ salt: 'fraud/3', rollout: { version: 3, baseline: 1 } });
    const back = after(...begun(), promote(3), judged('worse', 0));
    expect(championAlias(back)).toBe(1);
    expect(back.state.aliases.get('fraud@champion')!.history).toEqual([1]);
  });

  it.each([
    ['rolled back', rollBack()],
    ['promoted again', promote(1)],
  ])('is over when the version before is %s', (_, command) => {
    const story = after(...begun(), promote(3), command);
    expect(routesOf(story)).toEqual(['champion=1']);
    expect(story.state.rollouts.get('fraud')).toMatchObject({ status: 'aborted' });
  });

  it('is no part of a way back: that is taken at once', () => {
    const story = after(...begun(), steer('promote'), rollBack());
    expect(routesOf(story)).toEqual(['champion=1']);
    expect(story.state.rollouts.get('fraud')).toMatchObject({ status: 'completed' });
  });

  it('keeps its share when the definition changes its steps, and is watched anew', () => {
    const changed = apply(withRollout(CANARY.replace('[5, 25, 100]', '[1, 10, 20, 50, 100]')));
    const story = after(...begun(), judged('fine', 0), changed);
    expect(routesOf(story)).toEqual(['champion=1 80 %', 'canary=2 20 %']);
    expect(factOf(story).rollout).toMatchObject({ step: 2, since: placeOf(10).time, began: '0-8' });
  });

  it('ends with everything on the new version when the definition has no rollout any more', () => {
    const story = after(...begun(), apply(PROJECT));
    expect(routesOf(story)).toEqual(['champion=2']);
    expect(changesOf(story)).toEqual(['began 5', 'superseded 5']);
  });

  it('keeps its salt when something else of the definition changes', () => {
    const story = after(...begun(), apply(withRollout(CANARY).replace('threshold: 0.5', 'threshold: 0.4')));
    expect(factOf(story)).toMatchObject({
      salt: 'fraud/2',
      revision: '2',
      threshold: 0.4,
      rollout: { step: 0 },
    });
    expect(factOf(story).rollout).toEqual(factOf(after(...begun())).rollout);
  });

  it('does not let the version that it began from be rejected', () => {
    const story = after(...begun(), review(1, 'rejected'));
    expect(refusalOf(story)).toBe(
      'fraud@1 answers fraud, whose rollout is under way: end it or take it back first',
    );
  });
});

describe('an operator', () => {
  it('holds a rollout, which takes no step then but goes back when it must', () => {
    expect(routesOf(after(...begun(), steer('pause'), judged('fine', 0)))).toEqual([
      'champion=1 95 %',
      'canary=2 5 %',
    ]);
    expect(factOf(after(...begun(), steer('pause'))).rollout).toMatchObject({ paused: true });
    expect(routesOf(after(...begun(), steer('pause'), judged('worse', 0)))).toEqual(['champion=1']);
  });

  it('lets it go on, watched anew', () => {
    const story = after(...begun(), steer('pause'), steer('resume'));
    expect(factOf(story).rollout).toMatchObject({ step: 0, since: placeOf(10).time });
    expect(factOf(story).rollout).not.toHaveProperty('paused');
  });

  it('brings it to its end, or takes it back', () => {
    expect(routesOf(after(...begun(), steer('promote')))).toEqual(['champion=2']);
    const back = after(...begun(), steer('abort'));
    expect(routesOf(back)).toEqual(['champion=1']);
    expect(championAlias(back)).toBe(1);
  });

  it('is told where there is nothing to steer', () => {
    expect(refusalOf(after(apply(withRollout(CANARY)), steer('pause')))).toBe(
      'fraud has no rollout under way',
    );
    expect(refusalOf(after(...begun(), steer('promote'), steer('abort')))).toBe(
      'fraud has no rollout under way: that of version 2 is completed',
    );
  });
});

describe('blue-green', () => {
  it('answers everybody with the new version and keeps the one before ready for one interval', () => {
    expect(routesOf(after(...begun(BLUE_GREEN)))).toEqual(['champion=2 100 %', 'standby=1 0 %']);
    expect(routesOf(after(...begun(BLUE_GREEN), judged('fine', 0)))).toEqual(['champion=2']);
  });

  it('goes back at once', () => {
    const story = after(...begun(BLUE_GREEN), judged('worse', 0));
    expect(routesOf(story)).toEqual(['champion=1']);
    expect(championAlias(story)).toBe(1);
    expect(story.state.rollouts.get('fraud')).toMatchObject({ status: 'aborted' });
  });
});

describe('a shadow', () => {
  it('answers beside, with no share, as long as its alias names a version', () => {
    const shadowed = withRollout('shadow: candidate');
    expect(routesOf(after(apply(shadowed), ...versions(2), promote(1)))).toEqual(['champion=1']);
    expect(routesOf(after(apply(shadowed), ...versions(2), promote(1), promote(2, 'candidate')))).toEqual([
      'champion=1',
      'shadow=2',
    ]);
  });
});
