import type { CompiledDeployment } from '#contracts';
import { digestOf, murmur2, type CanonicalValue } from '#kernel';
import type { Input } from '../inputs';
import type { Outcome, OutcomeOf } from '../outcomes';
import { applied } from '../references';
import type { ExperimentState, RegistryState } from '../state';
import { probabilitiesOfBest, sharesOf } from './thompson';

type Weighed = OutcomeOf<'experiment-weighed'>['fact'];
type Measured = Extract<
  Extract<Input, { type: 'rollout-report' }>['value'],
  { type: 'monitoring.experiment.measured' }
>;

export const EXPERIMENT_ACTOR = 'experiment policy';

export const runningExperiment = (
  { experiments }: Pick<RegistryState, 'experiments'>,
  deployment: string,
): ExperimentState | undefined => {
  const held = experiments.get(deployment);
  return held && held.arms.length > 0 ? held : undefined;
};

/** The route of an arm: the deployment's own alias is its champion, the others go by their names. */
export const armRoute = (alias: string, { alias: own }: Pick<CompiledDeployment, 'alias'>): string =>
  alias === own ? 'champion' : alias;

/** Names the assignment of entities to arms: it holds as long as the experiment is what it is. */
export const experimentSalt = ({ deployment, revision }: ExperimentState): string =>
  `${deployment}/${revision}`;

/** Experiments that begin, are defined in another way, or are over, because of definitions. */
export const experimentMoves = (
  state: RegistryState,
  input: Input,
  outcomes: readonly Outcome[],
): Outcome[] => {
  if (input.type !== 'definitions') return [];
  return outcomes.flatMap((outcome) => {
    if (outcome.type !== 'definition-applied' || outcome.fact.kind !== 'Deployment') return [];
    const { name, revision } = outcome.fact;
    const { compiled } = applied(state, 'Deployment', name)!;
    const { experiment, model } = compiled;
    const held = runningExperiment(state, name);
    const about = { deployment: name, model, changed_by: input.value.actor };
    if (!experiment) {
      if (!held) return [];
      const { strategy, definition } = held;
      const reason = `deployment ${name} has no experiment any more`;
      return [weighed({ ...about, strategy, revision: held.revision, definition, arms: [], reason })];
    }
    const definition = digestOf({ ...experiment, model, alias: compiled.alias } as unknown as CanonicalValue);
    if (held?.definition === definition) return [];
    const arms = Object.entries(experiment.arms).map(([alias, share]) => ({
      route: armRoute(alias, compiled),
      share,
      trials: 0,
      successes: 0,
    }));
    const reason = `deployment ${name} defines the experiment`;
    return [weighed({ ...about, strategy: experiment.strategy, revision, definition, arms, reason })];
  });
};

/** What arms have earned gives them new shares. Of an arm that names no version, or of what was measured before the last shares, nothing follows. */
export const onMeasured = (state: RegistryState, { fact, reference }: Measured): Outcome[] => {
  const held = runningExperiment(state, fact.deployment);
  const experiment = applied(state, 'Deployment', fact.deployment)?.compiled.experiment;
  if (!held || !experiment?.bandit || fact.since !== held.time) return [];
  const earned = held.arms.map(({ route }) => {
    const arm = fact.arms.find((each) => each.route === route);
    return { route, trials: arm?.trials ?? 0, successes: arm?.successes ?? 0 };
  });
  const best = probabilitiesOfBest(earned, murmur2(Buffer.from(`${held.deployment}/${reference}`)) >>> 0);
  const shares = sharesOf(best, experiment.bandit.explore);
  const arms = earned.map((arm, i) => ({ ...arm, share: shares[i]!, best: best[i]! }));
  const leader = arms.reduce((one, other) => (other.best > one.best ? other : one));
  const { time: _, position: __, ...last } = held;
  return [
    weighed({
      ...last,
      arms,
      reason: `${leader.route} is the best arm with probability ${leader.best}`,
      changed_by: EXPERIMENT_ACTOR,
      evidence: [{ kind: 'measurement', id: reference }],
    }),
  ];
};

const weighed = (fact: Weighed): Outcome => ({ type: 'experiment-weighed', fact });
