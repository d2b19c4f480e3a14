import type { CompiledDeployment } from '#contracts';
import type { OutcomeOf } from '../outcomes';
import { versionUnder } from '../references';
import type { ModelVersion, RegistryState } from '../state';
import { armRoute, experimentSalt, runningExperiment } from './experiments';
import { newShare, runningRollout } from './rollout';

type Fact = OutcomeOf<'deployment-updated'>['fact'];
type Route = Fact['routes'][number];

/** Who answers a deployment, and how entities are shared out among them. */
export type Routing = Pick<Fact, 'routes' | 'salt' | 'rollout' | 'bandit'>;

/** No routes while no version stands under the deployment's alias. */
export const routingOf = (state: RegistryState, name: string, compiled: CompiledDeployment): Routing => {
  const target = versionUnder(state, compiled);
  if (!target) return { routes: [] };
  const primary = inRollout(state, name) ?? inExperiment(state, name, compiled, target) ?? alone(target);
  const shadow =
    compiled.shadow === undefined ? undefined : versionUnder(state, { ...compiled, alias: compiled.shadow });
  return shadow ? { ...primary, routes: [...primary.routes, routeOf(shadow, 'shadow')] } : primary;
};

const alone = (version: ModelVersion): Routing => ({ routes: [routeOf(version, 'champion')] });

const inRollout = (state: RegistryState, name: string): Routing | undefined => {
  const held = runningRollout(state, name);
  if (!held) return undefined;
  const { model, rollout } = held;
  const version = (number: number): ModelVersion => state.versions.get(`${model}@${number}`)!;
  const [next, before] = [version(rollout.version), version(rollout.baseline)];
  const share = newShare(rollout);
  const routes =
    rollout.strategy === 'canary'
      ? [routeOf(before, 'champion', 100 - share), routeOf(next, 'canary', share)]
      : [routeOf(next, 'champion', 100), routeOf(before, 'standby', 0)];
  return { routes, salt: `${name}/${rollout.version}`, rollout };
};

const inExperiment = (
  state: RegistryState,
  name: string,
  compiled: CompiledDeployment,
  target: ModelVersion,
): Routing | undefined => {
  const held = runningExperiment(state, name);
  if (!held || !compiled.experiment) return undefined;
  const versions = new Map(
    Object.keys(compiled.experiment.arms).map((alias) => [
      armRoute(alias, compiled),
      versionUnder(state, { ...compiled, alias }),
    ]),
  );
  const others = held.arms.flatMap(({ route, share }) => {
    const version = versions.get(route);
    return version && route !== 'champion' ? [routeOf(version, route, share)] : [];
  });
  const rest = others.reduce((sum, { share }) => sum - Math.round(share! * 100), 10_000) / 100;
  const { bandit } = compiled.experiment;
  return {
    routes: [routeOf(target, 'champion', rest), ...others],
    salt: experimentSalt(held),
    ...(bandit && {
      bandit: {
        interval_ms: bandit.intervalMs,
        reward: bandit.reward,
        explore: bandit.explore,
        since: held.time,
      },
    }),
  };
};

const routeOf = (
  { version, artifact, profile, service }: ModelVersion,
  route: string,
  share?: number,
): Route => ({
  route,
  ...(share === undefined ? {} : { share }),
  version,
  artifact,
  profile,
  revision: service.revision,
  definition: service.digest,
  features: service.features,
});
