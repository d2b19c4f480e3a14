import { DeploymentUpdated, evolveDeployments, type DeploymentFact, type RouteFact } from '#contracts';
import { watchOf } from './watch';

const [ROUTE] = DeploymentUpdated.sample.routes as [RouteFact];
const fact = (...routes: Partial<RouteFact>[]): DeploymentFact => ({
  ...DeploymentUpdated.sample,
  routes: routes.map((route) => ({ ...ROUTE, ...route })),
});

it('watches a canary by its own reference profile and features', () => {
  const rollout = {
    ...fact({ version: 3 }, { route: 'canary', version: 4, profile: 'f'.repeat(64), features: ['gap'] }),
  };
  expect(watchOf(rollout, 3)).toMatchObject({ version: 3, profile: ROUTE.profile, features: ROUTE.features });
  expect(watchOf(rollout, 4)).toMatchObject({ version: 4, profile: 'f'.repeat(64), features: ['gap'] });
  expect(watchOf(rollout, 5)).toBeUndefined();
});

it('watches who answers vectors of the revision before by the routes of then', () => {
  const before = evolveDeployments(new Map(), fact({ version: 3, revision: '1' }));
  const now = evolveDeployments(before, fact({ version: 4, revision: '2' })).get('fraud')!;
  expect(watchOf(now, 3)).toMatchObject({ version: 3, revision: '1' });
  expect(watchOf(now, 4)).toMatchObject({ version: 4, revision: '2' });
});

it('names the rollout or bandit that a prediction is part of', () => {
  const rollout = { began: '0-41' } as DeploymentFact['rollout'];
  expect(watchOf({ ...fact({ version: 3 }), rollout }, 3)).toMatchObject({ trial: '0-41' });
  const bandit = { ...fact({ version: 3 }), salt: 'fraud/2', bandit: {} as DeploymentFact['bandit'] };
  expect(watchOf(bandit, 3)).toMatchObject({ trial: 'fraud/2' });
  expect(watchOf({ ...fact({ version: 3 }), salt: 'fraud/2' }, 3)).not.toHaveProperty('trial');
});
