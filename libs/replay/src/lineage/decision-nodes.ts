import type {
  DatasetBuilt,
  DefinitionApplied,
  DeploymentUpdated,
  EventOf,
  Kind,
  ModelVersionRegistered,
} from '#contracts';
import { definitionOf, newestOf, type Decisions, type Placed } from './decisions';
import type { LineageNode } from './node';

type Version = EventOf<typeof ModelVersionRegistered>;

/** A revision of a definition, by the fact that made it hold. */
export const definitionNode = (
  decisions: Decisions,
  kind: Kind,
  name: string,
  which: { readonly revision?: string; readonly digest?: string } = {},
): LineageNode => {
  const found = definitionOf(decisions, kind, name, which);
  const title = `${kind} ${name}`;
  return found
    ? definitionFactNode(found)
    : {
        kind: 'definition',
        name: title,
        ...which,
        missing: 'no such revision stands on registry.definitions',
      };
};

const definitionFactNode = ({
  topic,
  position,
  fact,
}: Placed<EventOf<typeof DefinitionApplied>>): LineageNode => ({
  kind: 'definition',
  name: `${fact.kind} ${fact.name}`,
  topic,
  position,
  digest: fact.digest,
  details: { revision: fact.revision, applied_by: fact.applied_by },
});

/** What ran under a control position. */
export const deploymentNode = (decisions: Decisions, name: string, control: number): LineageNode => {
  const found = newestOf(decisions.deployments, ({ deployment }) => deployment === name, control);
  if (!found)
    return {
      kind: 'deployment',
      name,
      missing: `no fact about it at or below registry.deployments:0-${control}`,
    };
  return { ...deploymentFactNode(found), from: [definitionNode(decisions, 'Deployment', name, found.fact)] };
};

export const deploymentFactNode = ({
  topic,
  position,
  fact,
}: Placed<EventOf<typeof DeploymentUpdated>>): LineageNode => ({
  kind: 'deployment',
  name: fact.deployment,
  topic,
  position,
  details: {
    state: fact.state,
    alias: fact.alias,
    versions: fact.routes.map(({ route, version }) => `${route} ${fact.model}@${version}`),
  },
});

/** A version, back to the run, its data set, the request and the definitions of each. */
export const versionNode = (decisions: Decisions, model: string, version: number): LineageNode => {
  const found = newestOf(decisions.versions, (fact) => fact.model === model && fact.version === version);
  if (!found)
    return {
      kind: 'model version',
      name: `${model}@${version}`,
      missing: 'no such version stands on registry.models',
    };
  return { ...versionFactNode(found), from: [runNode(decisions, found.fact)] };
};

export const versionFactNode = ({ topic, position, fact }: Placed<Version>): LineageNode => ({
  kind: 'model version',
  name: `${fact.model}@${fact.version}`,
  topic,
  position,
  digest: fact.artifact,
  details: { manifest: fact.manifest, profile: fact.profile, passed: fact.passed },
});

const runNode = (decisions: Decisions, { run, trainer, parameters, seed }: Version): LineageNode => {
  const found = newestOf(decisions.runs, (fact) => fact.run === run);
  return {
    kind: 'training run',
    name: run,
    ...(found
      ? { topic: found.topic, position: found.position }
      : { missing: 'its end does not stand on training.runs' }),
    details: { trainer, parameters, seed },
    from: [datasetOfRun(decisions, run), requestNode(decisions, run)],
  };
};

const datasetOfRun = (decisions: Decisions, run: string): LineageNode => {
  const found = newestOf(decisions.datasets, (fact) => fact.run === run);
  if (!found)
    return { kind: 'data set', name: run, missing: 'its data set does not stand on feature.datasets' };
  const { service, revision } = found.fact;
  return {
    ...datasetFactNode(found),
    from: [definitionNode(decisions, 'FeatureService', service, { revision })],
  };
};

export const datasetFactNode = ({
  topic,
  position,
  fact,
}: Placed<EventOf<typeof DatasetBuilt>>): LineageNode => ({
  kind: 'data set',
  name: fact.run,
  topic,
  position,
  digest: fact.digest,
  details: {
    manifest: fact.manifest,
    rows: { train: fact.train.rows, holdout: fact.holdout.rows },
    cut: fact.cut.map(({ topic: of, partition, from, to }) => `${of}:${partition} [${from}, ${to})`),
  },
});

const requestNode = (decisions: Decisions, run: string): LineageNode => {
  const found = newestOf(decisions.requests, (fact) => fact.run === run);
  if (!found)
    return {
      kind: 'training request',
      name: run,
      missing: 'its request does not stand on registry.requests',
    };
  const { model, revision, label, requested_by, as_of } = found.fact;
  return {
    kind: 'training request',
    name: run,
    topic: found.topic,
    position: found.position,
    details: { requested_by, ...(as_of === undefined ? {} : { as_of }) },
    from: [
      definitionNode(decisions, 'Model', model, { revision }),
      definitionNode(decisions, 'Label', label.name, { revision: label.revision }),
    ],
  };
};
