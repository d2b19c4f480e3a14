import { Type, type Static } from 'typebox';
import { CLOSED, DefinitionName, Duration } from './words';

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
    rollout: Type.Optional(
      Type.Object(
        {
          strategy: Type.Enum(['canary', 'blue-green']),
          steps: Type.Optional(
            Type.Array(Type.Number({ minimum: 0, maximum: 100 }), {
              minItems: 1,
              description: 'shares in percent',
            }),
          ),
          interval: Type.Optional(Duration('time between steps')),
          abort: Type.Optional(Type.Object({ metric: Type.String(), above: Type.Number() }, CLOSED)),
        },
        CLOSED,
      ),
    ),
    shadow: Type.Optional(DefinitionName('alias of the version that answers beside, unseen')),
    logging: Type.Optional(
      Type.Enum(['durable', 'async', 'sampled'], { description: 'of REST and gRPC answers' }),
    ),
  },
  CLOSED,
);
export type DeploymentOptions = Static<typeof DeploymentOptions>;

/** A deployment with defaults applied. */
export interface DeploymentSpec {
  readonly model: string;
  readonly alias: string;
  readonly threshold?: number;
  readonly from: 'now' | 'beginning';
}

export const deploymentSpec = ({
  model,
  alias = 'champion',
  threshold,
  from = 'now',
}: DeploymentOptions): DeploymentSpec => ({
  model,
  alias,
  ...(threshold === undefined ? {} : { threshold }),
  from,
});
