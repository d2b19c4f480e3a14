import type { ArtifactStore } from '#artifacts';
import {
  DeploymentUpdated,
  TOPICS,
  championOf,
  decodeEvent,
  evolveDeployments,
  qualify,
  type DeploymentFact,
  type Deployments,
} from '#contracts';
import { FollowedTopic, NoControl, Snapshots, type EventLog } from '#eventlog';
import { ENGINE_VERSION } from '#features';
import {
  ModelShelf,
  allRevisions,
  newest,
  onInputs,
  onObservations,
  onSource,
  onVectors,
  servicesAfter,
  stagesOf,
  type PartitionState,
  type ServiceDefinition,
  type Services,
  type StageState,
  type VectorsHandler,
} from '#folds';
import { PlatformError, Refused, messageOf } from '#kernel';
import type { AnyHop, OpenHop } from './hop';
import { PartsBeside } from './parts-beside';

export interface ReplayPorts {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Of what is passed over: a snapshot that is not used, a fact that cannot be applied. */
  readonly warn: (message: string) => void;
}

/** What a deployment is made of: names alone, so that it can be handed to another process. */
export interface Road {
  readonly deployment: string;
  /** Feature service. */
  readonly service: string;
  /** The trigger stream. */
  readonly stream: string;
  readonly stages: readonly RoadStage[];
  /** The vectors that were scored first. */
  readonly from: DeploymentFact['from'];
  /** It has, or had, a shadow. */
  readonly shadows?: boolean;
}

/** A stage of a feature service with streams that were ever routed to it. */
export interface RoadStage {
  readonly entity: string;
  readonly streams: readonly string[];
}

/** `routes/<entity>/<stream>`, `stage/<entity>`, `vectors`, `predictions` or `shadows`. */
export type HopName = string;

/** The hops of a road, in its order. */
export const hopsOf = ({ stages, shadows }: Road): HopName[] => [
  ...stages.flatMap(({ entity, streams }) => streams.map((stream) => `routes/${entity}/${stream}`)),
  ...stages.map(({ entity }) => `stage/${entity}`),
  'vectors',
  'predictions',
  ...(shadows ? ['shadows'] : []),
];

/** Looks up what a deployment is made of. Refuses one that is not there or has not answered yet. */
export const findRoad = async (ports: ReplayPorts, name: string): Promise<Road> => {
  const [deployments, services] = [followDeployments(ports), followServices(ports)];
  try {
    await Promise.all([exists(ports, TOPICS.deployments), exists(ports, TOPICS.definitions)]);
    await Promise.all([deployments.start(), services.start()]);
    const deployment = deployments.state.get(name);
    if (!deployment)
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}${known(deployments.state)}`);
    const service = services.state.get(deployment.service.name);
    if (!service || !championOf(deployment))
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `deployment ${name} has answered nothing yet: no version stands under its alias ${deployment.alias}`,
      );
    return {
      deployment: name,
      service: service.name,
      stream: newest(service).compiled.trigger.stream,
      stages: stagesIn(service),
      from: deployment.from,
      ...((await ports.log.partitionCount(qualify(ports.namespace, TOPICS.shadows(name)))) !== undefined && {
        shadows: true,
      }),
    };
  } finally {
    await Promise.all([deployments.stop(), services.stop()]);
  }
};

/** Of all revisions: a stage that nobody needs any more has its record all the same. */
const stagesIn = (service: ServiceDefinition): RoadStage[] => {
  const stages = new Map<string, Set<string>>();
  for (const { compiled } of allRevisions(service))
    for (const { entity, streams } of compiled.stages ?? [])
      stages.set(entity, new Set([...(stages.get(entity) ?? []), ...streams]));
  return [...stages].map(([entity, streams]) => ({ entity, streams: [...streams] }));
};

const known = (deployments: Deployments): string =>
  deployments.size === 0 ? '' : `; there is ${[...deployments.keys()].join(', ')}`;

const exists = async ({ log, namespace }: ReplayPorts, name: string): Promise<void> => {
  if ((await log.partitionCount(qualify(namespace, name))) === undefined)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no topic ${qualify(namespace, name)}: nothing was deployed`,
    );
};

/** Opens a hop of a road: its control is read, its snapshots are known. */
export const openHop = async (ports: ReplayPorts, road: Road, name: HopName): Promise<AnyHop> => {
  const [kind, entity, stream] = name.split('/');
  switch (kind) {
    case 'routes':
      return (await openRoutes(ports, road, entity!, stream!)) as unknown as AnyHop;
    case 'stage':
      return (await openStage(ports, road, entity!)) as unknown as AnyHop;
    case 'vectors':
      return (await openVectors(ports, road)) as unknown as AnyHop;
    case 'shadows':
      return (await openShadows(ports, road)) as unknown as AnyHop;
    default:
      return (await openPredictions(ports, road)) as unknown as AnyHop;
  }
};

const openRoutes = async (
  { log, namespace }: ReplayPorts,
  { service, stream: trigger }: Road,
  entity: string,
  stream: string,
): Promise<OpenHop<null, undefined>> => {
  const inputs = TOPICS.featureInputs(service, entity);
  const topic = qualify(namespace, inputs);
  return {
    name: `routes/${entity}/${stream}`,
    service: 'feature',
    source: TOPICS.observations(stream),
    output: inputs,
    isScattered: true,
    control: new NoControl(),
    fold: onSource({
      service,
      entity,
      stream,
      trigger,
      inputs: { topic, partitions: (await log.partitionCount(topic)) ?? 1 },
      parts: qualify(namespace, TOPICS.parts(service)),
    }),
    close: () => Promise.resolve(),
  };
};

const openStage = async (
  ports: ReplayPorts,
  { service, stream: trigger }: Road,
  entity: string,
): Promise<OpenHop<StageState, Services>> => {
  const control = followServices(ports);
  const snapshots = await openSnapshots(ports);
  await Promise.all([control.start(), snapshots?.start()]);
  return {
    name: `stage/${entity}`,
    service: 'feature',
    source: TOPICS.featureInputs(service, entity),
    output: TOPICS.parts(service),
    isScattered: true,
    control,
    ...(snapshots && { snapshots }),
    fold: onInputs({ service, entity, trigger, parts: qualify(ports.namespace, TOPICS.parts(service)) }),
    engine: (services) => engineOf(services.get(service)),
    close: async () => {
      await Promise.all([control.stop(), snapshots?.stop()]);
    },
  };
};

/** Those of the feature service; undefined where it has taken none yet. */
const openSnapshots = async ({
  log,
  namespace,
  artifacts: store,
  sleep,
  warn,
}: ReplayPorts): Promise<Snapshots | undefined> => {
  const topic = qualify(namespace, TOPICS.snapshots('feature'));
  if ((await log.partitionCount(topic)) === undefined) return undefined;
  return new Snapshots({ service: 'feature', log, namespace, topic, store, sleep, warn });
};

const openVectors = async (ports: ReplayPorts, road: Road): Promise<OpenHop<PartitionState, Services>> => {
  const { log, namespace } = ports;
  const name = road.service;
  const control = followServices(ports);
  const snapshots = await openSnapshots(ports);
  const parts = new PartsBeside(log, qualify(namespace, TOPICS.parts(name)));
  await Promise.all([control.start(), snapshots?.start()]);
  return {
    name: 'vectors',
    service: 'feature',
    source: TOPICS.observations(road.stream),
    output: TOPICS.vectors(name),
    control,
    ...(snapshots && { snapshots }),
    fold: onObservations({
      service: name,
      stream: road.stream,
      vectors: qualify(namespace, TOPICS.vectors(name)),
      parts: (trigger) => parts.take(trigger),
    }),
    beside: async (records, services) => {
      const service = services.get(name);
      const stages = service ? stagesOf(service) : [];
      if (stages.length > 0) await parts.cover(records, stages);
    },
    engine: (services) => engineOf(services.get(name)),
    fieldName: (field, services) => featureName(field, services.get(name)),
    close: async () => {
      await Promise.all([control.stop(), snapshots?.stop(), parts.close()]);
    },
  };
};

const openPredictions = (ports: ReplayPorts, road: Road): Promise<OpenHop<null, Deployments>> => {
  const output = TOPICS.predictions(road.deployment);
  const handler = { predictions: qualify(ports.namespace, output) };
  return openScoring(ports, road, handler, { name: 'predictions', output });
};

/** What the shadow said; the predictions beside say under which control position, also where there was no shadow. */
const openShadows = (ports: ReplayPorts, road: Road): Promise<OpenHop<null, Deployments>> => {
  const output = TOPICS.shadows(road.deployment);
  const handler = { shadows: qualify(ports.namespace, output) };
  const decidedBy = TOPICS.predictions(road.deployment);
  return openScoring(ports, road, handler, { name: 'shadows', output, decidedBy });
};

const openScoring = async (
  ports: ReplayPorts,
  { deployment, service }: Road,
  outputs: Pick<VectorsHandler, 'predictions' | 'shadows'>,
  hop: Pick<OpenHop<null, Deployments>, 'name' | 'output' | 'decidedBy'>,
): Promise<OpenHop<null, Deployments>> => {
  const control = followDeployments(ports);
  const shelf = new ModelShelf({ artifacts: ports.artifacts });
  await control.start();
  return {
    ...hop,
    service: 'serving',
    source: TOPICS.vectors(service),
    control,
    fold: onVectors({ ...outputs, deployment, service, shelf }),
    broken: (error, deployments) => brokenModel(error, deployments.get(deployment)),
    close: async () => {
      await control.stop();
      await shelf.close();
    },
  };
};

const followServices = (ports: ReplayPorts): FollowedTopic<Services> =>
  new FollowedTopic<Services>({
    log: ports.log,
    topic: qualify(ports.namespace, TOPICS.definitions),
    initial: new Map(),
    evolve: servicesAfter,
    sleep: ports.sleep,
    onRefused: ({ offset }, error) =>
      ports.warn(`definition fact ${offset} cannot be applied: ${messageOf(error)}`),
  });

export const followDeployments = (ports: ReplayPorts): FollowedTopic<Deployments> =>
  new FollowedTopic<Deployments>({
    log: ports.log,
    topic: qualify(ports.namespace, TOPICS.deployments),
    initial: new Map(),
    evolve: (deployments, record) =>
      evolveDeployments(deployments, decodeEvent(DeploymentUpdated, record.value)),
    sleep: ports.sleep,
    onRefused: ({ offset }, error) =>
      ports.warn(`deployment fact ${offset} cannot be applied: ${messageOf(error)}`),
  });

const engineOf = (service: ServiceDefinition | undefined): { then: string; now: string } | undefined => {
  const now = String(ENGINE_VERSION);
  const then = service?.revisions.map(({ compiled }) => compiled.engine).find((version) => version !== now);
  return then === undefined ? undefined : { then, now };
};

/** `values.1.3` is called after the fourth feature of revision 1. */
const featureName = (field: string, service: ServiceDefinition | undefined): string => {
  const match = /^values\.(\d+)\.(\d+)$/.exec(field);
  const revision = match && service?.revisions.find((known) => known.revision === match[1]);
  const feature = revision?.compiled.features[Number(match![2])];
  return feature === undefined ? field : `values.${match![1]}.${feature}`;
};

const BROKEN: ReadonlySet<string> = new Set([
  'PLAYHEAD_ARTIFACT_CORRUPT',
  'PLAYHEAD_ARTIFACT_NOT_FOUND',
  'PLAYHEAD_INFERENCE_MODEL_INVALID',
]);

/** Bytes of a model that are not those of their digest, or are gone, or are no model. */
export const isBroken = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && BROKEN.has(error.code);

/** A model whose bytes are not those of its digest, or are gone: it is named and never used. */
const brokenModel = (error: unknown, deployment: DeploymentFact | undefined): string | undefined => {
  if (!isBroken(error)) return undefined;
  const { digest } = error.details;
  const route = deployment?.routes.find(({ artifact }) => artifact === digest) ?? championOf(deployment);
  return `model ${deployment?.model}@${route?.version}, artifact ${route?.artifact}: ${error.message}`;
};
