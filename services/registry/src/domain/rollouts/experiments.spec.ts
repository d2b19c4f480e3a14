import {
  apply,
  measured,
  placeOf,
  promote,
  PROJECT,
  reportCompleted,
  train,
  withRollout,
} from '../../registry.testing';
import { apply as fold } from '../evolve';
import type { Input } from '../inputs';
import { initialState, type RegistryState } from '../state';

const after = (...steps: readonly (Input | ((state: RegistryState) => Input))[]): RegistryState =>
  steps.reduce<RegistryState>(
    (state, step, offset) =>
      fold(state, typeof step === 'function' ? step(state) : step, placeOf(offset)).state,
    initialState,
  );

const AB = 'experiment: { strategy: ab, arms: { champion: 70, challenger: 30 } }';
const BANDIT =
  'experiment: { strategy: bandit, arms: { champion: 50, challenger: 50 }, interval: 10m, explore: 10 }';
const twoArms = (experiment: string): Input[] => [
  apply(withRollout(experiment)),
  train(),
  reportCompleted(0, 'run-0-1'),
  train(),
  reportCompleted(1, 'run-0-3'),
  promote(1),
  promote(2, 'challenger'),
];

const factOf = (state: RegistryState) => state.deployments.get('fraud')!.fact;
const routesOf = (state: RegistryState): string[] =>
  factOf(state).routes.map(({ route, version, share }) => `${route}=${version} ${share} %`);

it('shares entities out among the arms that have a version', () => {
  expect(routesOf(after(...twoArms(AB).slice(0, -1)))).toEqual(['champion=1 100 %']);
  expect(routesOf(after(...twoArms(AB)))).toEqual(['champion=1 70 %', 'challenger=2 30 %']);
  expect(factOf(after(...twoArms(AB)))).toMatchObject({ salt: 'fraud/1' });
});

it('keeps its assignment while it is what it is, whatever else of the deployment changes', () => {
  const changed = after(...twoArms(AB), apply(withRollout(AB).replace('threshold: 0.5', 'threshold: 0.4')));
  expect(factOf(changed)).toMatchObject({ salt: 'fraud/1', revision: '2' });
  const other = after(...twoArms(AB), apply(withRollout(AB.replace('70', '60').replace('30', '40'))));
  expect(factOf(other)).toMatchObject({ salt: 'fraud/2' });
});

it('is over when the definition says none', () => {
  const state = after(...twoArms(AB), apply(PROJECT));
  expect(factOf(state).routes).toHaveLength(1);
  expect(factOf(state)).not.toHaveProperty('salt');
});

describe('a bandit', () => {
  it('begins with the shares as they are written, and says when they were decided', () => {
    const state = after(...twoArms(BANDIT));
    expect(routesOf(state)).toEqual(['champion=1 50 %', 'challenger=2 50 %']);
    expect(factOf(state).bandit).toEqual({
      interval_ms: 600_000,
      reward: 'accuracy',
      explore: 10,
      since: placeOf(0).time,
    });
  });

  it('gives the arm that earns more the greater share, and keeps the other above the floor', () => {
    const state = after(...twoArms(BANDIT), measured(0, [400, 200], [400, 380]));
    expect(routesOf(state)).toEqual(['champion=1 10 %', 'challenger=2 90 %']);
    expect(factOf(state)).toMatchObject({ salt: 'fraud/1', bandit: { since: placeOf(7).time } });
    expect(state.experiments.get('fraud')).toMatchObject({
      reason: 'challenger is the best arm with probability 1',
      evidence: [{ kind: 'measurement', id: 'monitoring.rollouts:0-0' }],
    });
  });

  it('takes nothing twice, and nothing that was measured before the last shares', () => {
    const begun = after(...twoArms(BANDIT));
    const late = measured(1, [400, 380], [400, 200])(begun);
    const state = after(...twoArms(BANDIT), measured(0, [400, 200], [400, 380]), late);
    expect(routesOf(state)).toEqual(['champion=1 10 %', 'challenger=2 90 %']);
  });
});
