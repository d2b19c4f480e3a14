import { Type, type Static } from 'typebox';
import { CLOSED, DefinitionName } from '../words';
import { ExperimentOptions, experimentConflicts, experimentSpec, type ExperimentSpec } from './experiment';
import { RolloutOptions, rolloutConflicts, rolloutSpec, type RolloutSpec } from './rollout';

/** What a user writes below `spec` of a Deployment. */
export const DeploymentOptions = Type.Object(
  {
    model: DefinitionName('the model that answers'),
    alias: Type.Optional(DefinitionName('which version of it: the one with this alias')),
    threshold: Type.Optional(
      Type.Number({
        description: 'an output at or above it is the decision `true`; without it there is no decision',
      }),
    ),
    from: Type.Optional(
      Type.Enum(['now', 'beginning'], { default: 'now', description: 'the vectors that are scored first' }),
    ),
    rollout: Type.Optional(RolloutOptions),
    shadow: Type.Optional(DefinitionName('alias of the version that answers beside, unseen')),
    experiment: Type.Optional(ExperimentOptions),
    logging: Type.Optional(
      Type.Enum(['durable', 'async', 'sampled'], {
        description:
          'of REST and gRPC answers. durable: sent when it is on the log; async: soon after; sampled: a share of them',
      }),
    ),
    sample: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.01,
        description: 'share of the requests that `logging: sampled` keeps',
      }),
    ),
    bind: Type.Optional(
      Type.Array(
        Type.Object(
          {
            topic: Type.String({
              pattern: '^[A-Za-z0-9._-]{1,249}$',
              title: 'the full name of a topic',
              description:
                'its records are inference requests in JSON; answers go to `serving.answers.<deployment>`',
            }),
          },
          CLOSED,
        ),
        { minItems: 1, maxItems: 1 },
      ),
    ),
  },
  CLOSED,
);
export type DeploymentOptions = Static<typeof DeploymentOptions>;

export interface LoggingSpec {
  readonly mode: 'durable' | 'async' | 'sampled';
  /** Share that is kept, from 0 to 1; only of `sampled`. */
  readonly sample?: number;
}

/** A deployment with defaults applied; what is left out is left out. */
export interface DeploymentSpec {
  readonly model: string;
  readonly alias: string;
  readonly threshold?: number;
  readonly from: 'now' | 'beginning';
  readonly rollout?: RolloutSpec;
  readonly shadow?: string;
  readonly experiment?: ExperimentSpec;
  readonly logging?: LoggingSpec;
  /** Full name of a topic of requests. */
  readonly bind?: string;
}

const DEFAULT_SAMPLE = 0.01;

export const deploymentSpec = ({
  model,
  alias = 'champion',
  threshold,
  from = 'now',
  rollout,
  shadow,
  experiment,
  logging,
  sample = DEFAULT_SAMPLE,
  bind,
}: DeploymentOptions): DeploymentSpec => ({
  model,
  alias,
  ...(threshold !== undefined && { threshold }),
  from,
  ...(rollout && { rollout: rolloutSpec(rollout) }),
  ...(shadow !== undefined && { shadow }),
  ...(experiment && { experiment: experimentSpec(experiment) }),
  ...(logging && { logging: { mode: logging, ...(logging === 'sampled' && { sample }) } }),
  ...(bind && { bind: bind[0]!.topic }),
});

/** Answers that were requests would be answered for ever. */
const ANSWERS = /(^|\.)serving\.answers\./;

/** What does not go together in a deployment, by the place below `spec`. */
export const deploymentConflicts = ({
  alias = 'champion',
  rollout,
  shadow,
  experiment,
  logging,
  sample,
  bind,
}: DeploymentOptions): { path: readonly (string | number)[]; message: string }[] => {
  const at = (key: string, message: string) => ({ path: [key], message });
  return [
    ...(rollout && experiment
      ? [
          at(
            'experiment',
            'a deployment has either a `rollout` or an `experiment`; write a second deployment',
          ),
        ]
      : []),
    ...(shadow === alias ? [at('shadow', `\`${alias}\` answers already; the shadow is another alias`)] : []),
    ...(sample !== undefined && logging !== 'sampled'
      ? [at('sample', '`sample` belongs to `logging: sampled`')]
      : []),
    ...(bind && bind.length > 1 ? [at('bind', 'one topic can be bound; write a deployment for each')] : []),
    ...(bind?.some(({ topic }) => ANSWERS.test(topic))
      ? [at('bind', 'the topic has answers of Playhead; bind one that has requests')]
      : []),
    ...below('rollout', rollout ? rolloutConflicts(rollout) : []),
    ...below('experiment', experiment ? experimentConflicts(experiment, alias) : []),
  ];
};

const below = <C extends { readonly path: readonly (string | number)[] }>(
  key: string,
  conflicts: readonly C[],
): C[] => conflicts.map((conflict) => ({ ...conflict, path: [key, ...conflict.path] }));
