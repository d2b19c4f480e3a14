import {
  AlertRaised,
  DeploymentUpdated,
  HEADERS,
  TOPICS,
  compileDefinition,
  compileObservationReader,
  compileVectorReader,
  controlPositionOf,
  decodeEvent,
  evolveDeployments,
  isAbsolute,
  loadDefinitions,
  loadDefinitionValues,
  monitorInForce,
  qualify,
  readEnvelope,
  type DefinitionFile,
  type DeploymentFact,
  type DeploymentState,
  type Deployments,
  type EventOf,
  type VectorReader,
} from '#contracts';
import { readReferenceProfile, type ReferenceProfile } from '#drift';
import { readRecords, readTopic, type LogRecord } from '#eventlog';
import { ENGINE_VERSION } from '#features';
import { MonitorBackTest, parsePrediction, watchOf, type Report, type Watch } from '#folds';
import { ContractViolation, Refused, canonicalKey, parsePosition, timestampMs } from '#kernel';
import { trainerFaults } from '#learn';
import type { Place } from '../verify/range';
import { definitionsThatHold } from './definitions-that-hold';
import { AlignedRecords, recordedTraffic, type RecordedPair } from './recorded-traffic';
import { deploymentOf, versionsOf, type RegistryPlace } from './registry-facts';
import { rangesOf, timeOf, type WhatIfPorts } from './what-if-model';

type Monitor = NonNullable<DeploymentFact['monitor']>;
type Raised = EventOf<typeof AlertRaised>;

export interface WhatIfMonitorRequest {
  readonly deployment: string;
  readonly monitor: Monitor;
  /** Event times, or offsets of the trigger's observations; `to` is not in it. All by default. */
  readonly from?: Place;
  readonly to?: Place;
}

/** An alert that the monitor would have raised, and whether one like it was. */
export interface WouldBeAlert extends Raised {
  /** About the same thing, raised by a window that overlaps. */
  readonly recorded: boolean;
  /** The window that would have ended it; null: none. */
  readonly resolved: string | null;
}

export interface RecordedAlert extends Pick<Raised, 'alert' | 'kind' | 'subject' | 'window' | 'message'> {
  readonly found: boolean;
}

export interface WhatIfMonitorReport {
  readonly deployment: string;
  readonly model: string;
  readonly monitor: string;
  /** Predictions of the range. */
  readonly records: number;
  readonly labels: number;
  readonly alerts: readonly WouldBeAlert[];
  /** Those that were raised about windows of the range, whatever monitor held. */
  readonly recorded: readonly RecordedAlert[];
  /** Newest revision of each window. */
  readonly reports: readonly Report[];
  /** What a back-test cannot tell. */
  readonly notes: readonly string[];
}

/** The monitor of a file with definitions, or the one of that name on the log, as the registry would put it in force. */
export const monitorOnTrial = async (
  place: RegistryPlace,
  deployment: string,
  asked: { readonly name: string } | { readonly files: readonly DefinitionFile[] },
): Promise<Monitor> => {
  const known = await definitionsThatHold(place);
  const isOther = (each: (typeof known)[number]): boolean =>
    each.kind !== 'Monitor' || each.spec.deployment !== deployment;
  const { project } =
    'files' in asked
      ? loadDefinitions(asked.files, { known: known.filter(isOther), trainerFaults })
      : loadDefinitionValues([], { known, trainerFaults });
  const monitors = project.definitions.filter((each) => each.kind === 'Monitor');
  const ofDeployment = monitors.filter(({ spec }) => spec.deployment === deployment);
  const found = 'name' in asked ? monitors.find(({ name }) => name === asked.name) : ofDeployment[0];
  if (!found || found.spec.deployment !== deployment)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no such Monitor of deployment ${deployment}; there are: ${ofDeployment.map(({ name }) => name).join(', ') || 'none'}`,
    );
  const { name, digest, compiled } = compileDefinition<'Monitor'>(project, found, String(ENGINE_VERSION));
  return { name, revision: '1', digest, ...monitorInForce(compiled) };
};

/**
 * Runs a monitor over recorded predictions, vectors and labels: the folds that run live, in the order of event time, each partition in its
 * own order, as a backlog is worked off. Everything but the monitor is as it was. Reads only.
 */
export const whatIfMonitor = async (
  ports: Omit<WhatIfPorts, 'stopwatch'>,
  { deployment: name, monitor, from, to }: WhatIfMonitorRequest,
): Promise<WhatIfMonitorReport> => {
  const { log, namespace, paced } = ports;
  const deployment = await deploymentOf(ports, name);
  const { model, task, service } = deployment;
  const topics = {
    vectors: qualify(namespace, TOPICS.vectors(service.name)),
    predictions: qualify(namespace, TOPICS.predictions(name)),
  };
  if ((await log.partitionCount(topics.predictions)) === undefined)
    throw new Refused('PLAYHEAD_NOT_FOUND', `deployment ${name} has answered nothing yet`);
  const test = new MonitorBackTest({
    deployment: name,
    model,
    task: task === 'binary' || task === 'regression' ? task : undefined,
    partitions: service.partitions,
  });
  for (const { version, gates } of await versionsOf(ports, model))
    test.learnGates(version, gates.filter(isAbsolute));
  const watches = await watchesOf(ports, name, monitor);
  const observations = new Map<number, AlignedRecords>();
  const observationOf = async ({ vector }: RecordedPair): Promise<Buffer | null> => {
    let records = observations.get(vector.partition);
    if (!records) {
      records = new AlignedRecords(log, qualify(namespace, TOPICS.observations(service.trigger)));
      observations.set(vector.partition, records);
    }
    return (await records.at(parsePosition(vector.headers.text(HEADERS.id) ?? ''))).value;
  };
  const ranges = await rangesOf(log, topics.vectors, from, to);
  const [begin, end] = [timeOf(from, -Infinity), timeOf(to, Infinity)];
  const span = { from: Infinity, to: -Infinity };
  const counts = { records: 0, labels: 0 };
  const sources: AsyncIterator<Happening>[] = [
    ...ranges.map((range) => predictionsOf(recordedTraffic(log, topics, [range]))),
    ...(await labelSources(ports, deployment)),
  ];
  try {
    for await (const happening of inOrderOfTime(sources)) {
      if (happening.type === 'label') {
        // What is known after the range changes nothing that was known in it.
        if (happening.time >= end) continue;
        counts.labels++;
        test.label(happening.eventId, happening.label);
        continue;
      }
      const { pair, time } = happening;
      if (time < begin || time >= end) continue;
      const prediction = parsePrediction(pair.prediction.value);
      const watching = await watches(pair.prediction, prediction.version);
      if (!watching) continue;
      const { watch, reference, reader, values } = watching;
      reader.readValues(pair.vector.value, values, 0);
      const observation = test.needsObservation(watch) ? await observationOf(pair) : null;
      const { partition, offset, value } = pair.prediction;
      test.predict({ partition, offset, prediction, value, values, observation }, watch, reference);
      [span.from, span.to] = [Math.min(span.from, time), Math.max(span.to, time)];
      if (++counts.records % 1_024 === 0) await paced?.(1_024);
    }
  } finally {
    for (const source of sources) await source.return?.();
    for (const records of observations.values()) await records.close();
  }
  test.tick();
  return {
    deployment: name,
    model,
    monitor: monitor.name,
    ...counts,
    ...(await besides(ports, name, test, span)),
    reports: test.reports,
    notes:
      monitor.quality?.freshness_ms === undefined
        ? []
        : ['freshness goes by the clock of the time: a back-test does not tell it'],
  };
};

/** The alerts of both, each with whether the other side has it. */
const besides = async (
  { log, namespace }: RegistryPlace,
  deployment: string,
  test: MonitorBackTest,
  span: { readonly from: number; readonly to: number },
): Promise<Pick<WhatIfMonitorReport, 'alerts' | 'recorded'>> => {
  const topic = qualify(namespace, TOPICS.alerts);
  const raised = new Map<string, Raised>();
  if ((await log.partitionCount(topic)) !== undefined)
    for (const { headers, value } of await readTopic(log, topic)) {
      if (readEnvelope(headers).type !== AlertRaised.type) continue;
      const fact = decodeEvent(AlertRaised, value);
      const isInside = timestampMs(fact.window.start) <= span.to && timestampMs(fact.window.end) > span.from;
      if (fact.deployment === deployment && isInside && !raised.has(fact.alert)) raised.set(fact.alert, fact);
    }
  const recorded = [...raised.values()];
  const would = test.alerts.flatMap(({ type, fact }) => (type === 'raised' ? [fact] : []));
  const ends = new Map(
    test.alerts.flatMap(({ type, fact }) => (type === 'resolved' ? [[fact.alert, fact.window.end]] : [])),
  );
  return {
    alerts: would.map((fact) => ({
      ...fact,
      recorded: recorded.some((other) => isSame(fact, other)),
      resolved: ends.get(fact.alert) ?? null,
    })),
    recorded: recorded.map((fact) => {
      const { alert, kind, subject, window, message } = fact;
      return { alert, kind, subject, window, message, found: would.some((other) => isSame(fact, other)) };
    }),
  };
};

/** Times are ISO, which compare as text. */
const isSame = (a: Raised, b: Raised): boolean =>
  a.kind === b.kind &&
  a.subject === b.subject &&
  a.slice?.field === b.slice?.field &&
  a.slice?.value === b.slice?.value &&
  a.window.start < b.window.end &&
  b.window.start < a.window.end;

interface Watching {
  readonly watch: Watch;
  readonly reference: ReferenceProfile | undefined;
  readonly reader: VectorReader;
  /** Of the vector read last. */
  readonly values: Float64Array;
}

/** How a prediction is watched: by the deployment as it stood when it was made, but for the monitor. Undefined where its version stood nowhere. */
const watchesOf = async (
  { log, namespace, artifacts }: Pick<WhatIfPorts, 'log' | 'namespace' | 'artifacts'>,
  deployment: string,
  monitor: Monitor,
): Promise<(record: LogRecord, version: number) => Promise<Watching | undefined>> => {
  const states: DeploymentState[] = [];
  let deployments: Deployments = new Map();
  for (const { offset, value } of await readTopic(log, qualify(namespace, TOPICS.deployments))) {
    deployments = evolveDeployments(deployments, decodeEvent(DeploymentUpdated, value));
    const state = deployments.get(deployment);
    if (state) states[offset] = state;
  }
  const known = new Map<string, Watching | undefined>();
  const profiles = new Map<string, ReferenceProfile | undefined>();
  const profileOf = async (digest: string): Promise<ReferenceProfile | undefined> => {
    if (!profiles.has(digest)) profiles.set(digest, await readProfile(artifacts, digest));
    return profiles.get(digest);
  };
  return async (record, version) => {
    const position = controlPositionOf(record.headers) ?? 0;
    const key = `${position}/${version}`;
    if (known.has(key)) return known.get(key);
    const state = states[position];
    const watch = state && watchOf({ ...state, monitor }, version);
    const profile = watch && (await profileOf(watch.profile));
    const fits = profile?.features.map(({ name }) => name).join() === watch?.features.join();
    const watching = watch && {
      watch,
      reference: fits ? profile : undefined,
      reader: compileVectorReader(watch),
      values: new Float64Array(watch.features.length),
    };
    known.set(key, watching);
    return watching;
  };
};

const readProfile = async (
  artifacts: WhatIfPorts['artifacts'],
  digest: string,
): Promise<ReferenceProfile | undefined> => {
  try {
    return readReferenceProfile((await artifacts.get(digest)).toString('utf8'));
  } catch (error) {
    // As live: without a profile that can be read there is no drift to tell.
    if (error instanceof Refused) return undefined;
    throw error;
  }
};

/** Something on the log, with the event time by which streams are merged. */
type Happening =
  | { readonly type: 'prediction'; readonly time: number; readonly pair: RecordedPair }
  | {
      readonly type: 'label';
      readonly time: number;
      readonly eventId: string;
      readonly label: Parameters<MonitorBackTest['label']>[1];
    };

async function* predictionsOf(pairs: AsyncIterable<RecordedPair>): AsyncGenerator<Happening> {
  for await (const pair of pairs) yield { type: 'prediction', time: timeOfRecord(pair.prediction), pair };
}

const labelSources = async (
  { log, namespace }: RegistryPlace,
  { label }: DeploymentFact,
): Promise<AsyncGenerator<Happening>[]> => {
  const topic = qualify(namespace, TOPICS.observations(label.stream));
  if ((await log.partitionCount(topic)) === undefined) return [];
  const read = compileObservationReader([label.on, label.value]);
  const ends = await log.ends(topic);
  return ends.map(async function* ({ partition, start, end }): AsyncGenerator<Happening> {
    for await (const record of readRecords(log, topic, partition, start, end)) {
      const observation = read(record.value!) as Record<string, unknown>;
      const eventId = canonicalKey(observation[label.on]);
      if (eventId === null) continue;
      const value = labelValue(observation[label.value], label.value);
      const knownAt = timeOfRecord(record);
      yield {
        type: 'label',
        time: knownAt,
        eventId,
        label: { value, knownAt, partition, offset: record.offset },
      };
    }
  });
};

const labelValue = (value: unknown, field: string): number | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `label field ${field} holds a ${typeof value}`);
};

const timeOfRecord = ({ headers }: LogRecord): number => timestampMs(headers.text(HEADERS.time) ?? '');

/** Each source in its own order; of their next ones the earliest first, of equal ones that of the first source. */
async function* inOrderOfTime(sources: readonly AsyncIterator<Happening>[]): AsyncGenerator<Happening> {
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let first = -1;
    heads.forEach((head, i) => {
      if (head.done) return;
      const best = first === -1 ? undefined : heads[first];
      if (!best || best.done || head.value.time < best.value.time) first = i;
    });
    if (first === -1) return;
    yield heads[first]!.value as Happening;
    heads[first] = await sources[first]!.next();
  }
}
