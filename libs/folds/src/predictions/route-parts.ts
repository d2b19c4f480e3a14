import {
  EnvelopeTemplate,
  HEADERS,
  PredictionMade,
  ShadowMade,
  TOPICS,
  assignRoute,
  championOf,
  compileVectorReader,
  shadowOf,
  type DeploymentFact,
  type DeploymentState,
  type EnvelopeHeader,
  type RouteFact,
  type VectorReader,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { compilePrediction } from './prediction';

/** What depends on a deployment and one of its routes alone, made once: how vectors are read and answers written, and what their headers say. */
export interface RouteParts {
  readonly deployment: DeploymentFact;
  readonly route: RouteFact;
  readonly definition: EnvelopeHeader;
  readonly modelHeader: EnvelopeHeader;
  readonly vectors: VectorReader;
  readonly render: ReturnType<typeof compilePrediction>;
}

/** Who may answer under one state of a deployment. */
export interface RoutePlan {
  readonly deployment: DeploymentState;
  /** The champion, then those of before that read another revision, newest first: the first that can read a vector answers. */
  readonly champions: readonly [RouteParts, ...RouteParts[]];
  readonly shadow: RouteParts | undefined;
  /** The route that a key is assigned to. */
  assigned(key: LogRecord['key'] | string): RouteParts;
}

/** Plans by the state they are of; undefined while a deployment has no champion. */
export const routePlans = (): ((deployment: DeploymentState) => RoutePlan | undefined) => {
  const made = new WeakMap<DeploymentState, RoutePlan>();
  return (deployment) => {
    let plan = made.get(deployment);
    if (!plan && championOf(deployment)) made.set(deployment, (plan = planOf(deployment)));
    return plan;
  };
};

const planOf = (deployment: DeploymentState): RoutePlan => {
  const champion = partsOf(deployment, championOf(deployment)!);
  const earlier = (deployment.before ?? []).map((state) => partsOf(state, championOf(state)!));
  const others = new Map(
    deployment.routes
      .filter(({ route, share }) => route !== 'champion' && (share ?? 0) > 0)
      .map((route) => [route, partsOf(deployment, route)]),
  );
  const shadow = shadowOf(deployment);
  return {
    deployment,
    champions: [champion, ...earlier],
    shadow: shadow && partsOf(deployment, shadow),
    assigned:
      others.size === 0
        ? () => champion
        : (key) => others.get(assignRoute(deployment, key?.toString() ?? '')!) ?? champion,
  };
};

const partsOf = (deployment: DeploymentFact, route: RouteFact): RouteParts => ({
  deployment,
  route,
  definition: [HEADERS.definition, `${route.revision}=${route.definition}`],
  modelHeader: [HEADERS.model, `${deployment.model}@${route.version}=${route.artifact}`],
  vectors: compileVectorReader(route),
  render: compilePrediction(deployment, route),
});

/** The envelopes of predictions, and of what the shadow says. */
export const answerTemplates = (
  service: string,
): { readonly predictions: EnvelopeTemplate; readonly shadows: EnvelopeTemplate } => {
  const source = TOPICS.vectors(service);
  return {
    predictions: new EnvelopeTemplate({ type: PredictionMade.type, source }),
    shadows: new EnvelopeTemplate({ type: ShadowMade.type, source }),
  };
};
