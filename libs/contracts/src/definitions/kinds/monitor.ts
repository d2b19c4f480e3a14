import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { METRICS } from './metrics';
import { CLOSED, DefinitionName, Duration, Identifier } from './words';

/** What a user writes below `spec` of a Monitor. */
export const MonitorOptions = Type.Object(
  {
    deployment: DefinitionName('the deployment that is watched'),
    window: Type.Optional(Duration('one report for each window of event time', '1d')),
    drift: Type.Optional(
      Type.Object(
        {
          features: Type.Optional(
            Type.Union([Type.Literal('auto'), Type.Array(Identifier('a feature'), { minItems: 1 })], {
              description: 'auto: every feature of the service',
            }),
          ),
          threshold: Type.Optional(
            Type.Union([Type.Literal('auto'), Type.Number({ exclusiveMinimum: 0 })], {
              default: 0.2,
              description: 'the population stability index at or above which a feature has drifted',
            }),
          ),
        },
        CLOSED,
      ),
    ),
    performance: Type.Optional(
      Type.Object({ metric: Type.Enum([...METRICS]), estimate: Type.Optional(Type.Enum(['cbpe'])) }, CLOSED),
    ),
    slices: Type.Optional(Type.Array(Identifier('a field of the trigger'), { minItems: 1 })),
    alert: Type.Optional(
      Type.Object(
        { to: Type.Array(Type.Object({ webhook: Type.String() }, CLOSED), { minItems: 1 }) },
        CLOSED,
      ),
    ),
  },
  CLOSED,
);
export type MonitorOptions = Static<typeof MonitorOptions>;

/** A monitor with defaults applied; only what runs today. */
export interface MonitorSpec {
  readonly deployment: string;
  readonly window: string;
  readonly drift: { readonly features: 'auto'; readonly threshold: number };
  readonly performance?: { readonly metric: (typeof METRICS)[number] };
}

const DEFAULT_THRESHOLD = 0.2;

export const monitorSpec = ({
  deployment,
  window = '1d',
  drift,
  performance,
}: MonitorOptions): MonitorSpec => ({
  deployment,
  window: durationText(window),
  drift: {
    features: 'auto',
    threshold: typeof drift?.threshold === 'number' ? drift.threshold : DEFAULT_THRESHOLD,
  },
  ...(performance ? { performance: { metric: performance.metric } } : {}),
});
