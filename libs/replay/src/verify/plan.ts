import { DeploymentStarted, HEADERS, TOPICS, decodeEvent, qualify, sourcePositionOf } from '#contracts';
import { readRecords, readTopic, type PartitionEnds } from '#eventlog';
import { Refused } from '#kernel';
import { holeIn } from '../walk/holes';
import { seekNear } from '../walk/seek-near';
import type { ReplayPorts, Road, RoadStage } from './hops';
import { offsetAt, type Place } from './range';
import type { PartitionPlan } from './verify-partition';
import { REQUESTS_HOP } from './verify-requests';

export interface RangeRequest {
  readonly from?: Place;
  readonly to?: Place;
  /** Kinds of hops to run, of HOP_KINDS; all by default. */
  readonly hops?: readonly string[];
}

export const HOP_KINDS: readonly string[] = [
  'routes',
  'stage',
  'vectors',
  'predictions',
  'shadows',
  REQUESTS_HOP,
];

/** A range of offsets of one topic: [from, to). */
export interface OffsetSpan {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface VerifyPlan {
  /** Observations of the trigger: what was asked for, cut to what the deployment has decided. */
  readonly range: readonly OffsetSpan[];
  readonly units: readonly PartitionPlan[];
  /** Observations and vectors behind the last that has an output: not decided when the replay began. */
  readonly pending: number;
}

/**
 * What is to be run again for a range, with explicit ends taken now. Refuses a range that begins where the log does not reach any more,
 * naming the offsets.
 */
export const planVerify = async (
  ports: ReplayPorts,
  road: Road,
  request: RangeRequest,
): Promise<VerifyPlan> => {
  const observations = await planObservations(ports, road, request);
  const [vectors, predictions] = [
    await planVectors(ports, road, observations),
    await planPredictions(ports, road, request, observations),
  ];
  const shadows = await planShadows(ports, road, predictions.units);
  const requests = await planRequests(ports, road, request, observations);
  const stages: PartitionPlan[] = [];
  for (const stage of road.stages)
    stages.push(...(await planRoutes(ports, road, stage, request, observations)));
  for (const stage of road.stages)
    stages.push(...(await planStage(ports, road, stage, request, observations)));
  return {
    range: observations.map(({ partition, from, to, decided }) => ({
      topic: TOPICS.observations(road.stream),
      partition,
      from,
      to: Math.max(from, Math.min(to, decided)),
    })),
    units: [...stages, ...vectors, ...predictions.units, ...shadows, ...requests].filter(
      ({ hop }) => !request.hops || request.hops.includes(hop.split('/')[0]!),
    ),
    pending:
      predictions.pending +
      observations.reduce((sum, { from, to, decided }) => sum + Math.max(0, to - Math.max(from, decided)), 0),
  };
};

/** One partition of the trigger's observations. */
interface Observed {
  readonly partition: number;
  readonly ends: PartitionEnds;
  readonly from: number;
  /** As asked for. */
  readonly to: number;
  /** One past the newest that has a vector. */
  readonly decided: number;
}

const planObservations = async (
  ports: ReplayPorts,
  road: Road,
  request: RangeRequest,
): Promise<Observed[]> => {
  const { log, namespace } = ports;
  const topic = TOPICS.observations(road.stream);
  const vectors = qualify(namespace, TOPICS.vectors(road.service));
  const tails = await log.ends(vectors);
  const observed: Observed[] = [];
  for (const ends of await log.ends(qualify(namespace, topic))) {
    const { partition, start, end } = ends;
    const at = { namespace, topic };
    const from = request.from ? await offsetAt(log, at, ends, request.from, start) : start;
    const to = request.to ? await offsetAt(log, at, ends, request.to, end) : end;
    if (from < start)
      throw holeIn(
        { topic: qualify(namespace, topic), partition, first: from, last: start - 1 },
        'restore the topic from its segments, or choose a later --from',
      );
    if (from > to)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `partition ${partition}: --from ${from} lies behind --to ${to}`,
      );
    const decided = await decidedUpTo(ports, vectors, tails[partition]!);
    observed.push({ partition, ends, from, to, decided });
  }
  return observed;
};

const planVectors = async (
  { log, namespace }: ReplayPorts,
  road: Road,
  observations: readonly Observed[],
): Promise<PartitionPlan[]> => {
  const outputs = await log.ends(qualify(namespace, TOPICS.vectors(road.service)));
  return observations.map(({ partition, ends, from, to, decided }) => ({
    hop: 'vectors',
    partition,
    from,
    to: Math.max(from, Math.min(to, decided)),
    zero: ends.start,
    outputs: [outputs[partition]!],
  }));
};

const planPredictions = async (
  ports: ReplayPorts,
  road: Road,
  request: RangeRequest,
  observations: readonly Observed[],
): Promise<{ readonly units: PartitionPlan[]; readonly pending: number }> => {
  const { log, namespace } = ports;
  const [vectors, predictions] = [
    qualify(namespace, TOPICS.vectors(road.service)),
    qualify(namespace, TOPICS.predictions(road.deployment)),
  ];
  const [sources, outputs, starts] = await Promise.all([
    log.ends(vectors),
    log.ends(predictions),
    startOffsets(ports, road),
  ]);
  const units: PartitionPlan[] = [];
  let pending = 0;
  for (const { partition, from, to, decided, ends: observed } of observations) {
    const ends = sources[partition]!;
    const zero = starts?.[partition] ?? ends.start;
    const first = request.from
      ? Math.max(zero, await seekNear(log, vectors, ends, from, observed.start))
      : zero;
    const last = to >= decided ? ends.end : await seekNear(log, vectors, ends, to, observed.start);
    const scored = await decidedUpTo(ports, predictions, outputs[partition]!);
    pending += Math.max(0, last - Math.max(first, scored));
    units.push({
      hop: 'predictions',
      partition,
      from: first,
      to: Math.max(first, Math.min(last, scored)),
      zero,
      outputs: [outputs[partition]!],
    });
  }
  return { units, pending };
};

/** What the shadow said about the vectors whose predictions are run again. */
const planShadows = async (
  { log, namespace }: ReplayPorts,
  { deployment, shadows }: Road,
  predictions: readonly PartitionPlan[],
): Promise<PartitionPlan[]> => {
  if (!shadows) return [];
  const outputs = await log.ends(qualify(namespace, TOPICS.shadows(deployment)));
  return predictions.map((unit) => ({
    ...unit,
    hop: 'shadows',
    outputs: [outputs[unit.partition]!],
    decisions: unit.outputs[0]!,
  }));
};

/** Observations of each stream that was routed to a stage; of another stream than the trigger, those appended in the time of the range. */
const planRoutes = async (
  ports: ReplayPorts,
  road: Road,
  { entity, streams }: RoadStage,
  request: RangeRequest,
  observations: readonly Observed[],
): Promise<PartitionPlan[]> => {
  const { log, namespace } = ports;
  const outputs = await log.ends(qualify(namespace, TOPICS.featureInputs(road.service, entity)));
  const units: PartitionPlan[] = [];
  for (const stream of streams) {
    const source = TOPICS.observations(stream);
    const group = qualify(namespace, `feature.routes-${road.service}-${entity}.${source}`);
    const committed = await log.committed(group, qualify(namespace, source));
    const times = stream === road.stream ? undefined : await timesOf(ports, road, request, observations);
    for (const ends of await log.ends(qualify(namespace, source))) {
      const { partition, start } = ends;
      const done = Math.max(
        committed.get(partition)?.offset ?? 0,
        await decidedAmong(ports, source, partition, road, entity, outputs),
      );
      const span = times ? await spanAppended(ports, source, ends, times) : observations[partition]!;
      const from = Math.max(start, span.from);
      units.push({
        hop: `routes/${entity}/${stream}`,
        partition,
        from,
        to: Math.max(from, Math.min(span.to, done)),
        zero: start,
        outputs,
      });
    }
  }
  return units;
};

/** The inputs of a stage that were appended in the time of the range. */
const planStage = async (
  ports: ReplayPorts,
  road: Road,
  { entity }: RoadStage,
  request: RangeRequest,
  observations: readonly Observed[],
): Promise<PartitionPlan[]> => {
  const { log, namespace } = ports;
  const inputs = TOPICS.featureInputs(road.service, entity);
  const committed = await log.committed(
    qualify(namespace, `feature.stage.${inputs}`),
    qualify(namespace, inputs),
  );
  const outputs = await log.ends(qualify(namespace, TOPICS.parts(road.service)));
  const times = await timesOf(ports, road, request, observations);
  const units: PartitionPlan[] = [];
  for (const ends of await log.ends(qualify(namespace, inputs))) {
    const { partition, start, end } = ends;
    const done = committed.get(partition)?.offset ?? end;
    const { from, to } = await spanAppended(ports, inputs, ends, times);
    units.push({
      hop: `stage/${entity}`,
      partition,
      from,
      to: Math.max(from, Math.min(to, done)),
      zero: start,
      outputs,
    });
  }
  return units;
};

/** Logged requests of the doors that were answered in the time of the range; none where the deployment logs none. */
const planRequests = async (
  ports: ReplayPorts,
  road: Road,
  request: RangeRequest,
  observations: readonly Observed[],
): Promise<PartitionPlan[]> => {
  const { log, namespace } = ports;
  const requests = TOPICS.servingRequests(road.deployment);
  const topic = qualify(namespace, requests);
  if ((await log.partitionCount(topic)) === undefined) return [];
  const times = await timesOf(ports, road, request, observations);
  const units: PartitionPlan[] = [];
  for (const ends of await log.ends(topic)) {
    const { from, to } = await spanAppended(ports, requests, ends, times);
    units.push({ hop: REQUESTS_HOP, partition: ends.partition, from, to, zero: ends.start, outputs: [] });
  }
  return units;
};

/** Append times (ms) that a range spans: from the first of its observations up to the first behind it. */
interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

const timesOf = async (
  { log, namespace }: ReplayPorts,
  road: Road,
  request: RangeRequest,
  observations: readonly Observed[],
): Promise<TimeSpan> => {
  const topic = qualify(namespace, TOPICS.observations(road.stream));
  const timeOf = async (partition: number, offset: number, end: number): Promise<number> => {
    for await (const { timestamp } of readRecords(log, topic, partition, offset, Math.min(end, offset + 1)))
      return timestamp;
    return Infinity;
  };
  let [from, to] = [Infinity, -Infinity];
  for (const { partition, ends, from: first, to: last } of observations) {
    if (request.from) from = Math.min(from, await timeOf(partition, first, ends.end));
    if (request.to) to = Math.max(to, await timeOf(partition, last, ends.end));
  }
  return { from: request.from ? from : -Infinity, to: request.to ? to : Infinity };
};

/** The offsets of a partition that were appended in a span; a binary search, as append times never fall. */
const spanAppended = async (
  { log, namespace }: ReplayPorts,
  name: string,
  { partition, start, end }: PartitionEnds,
  { from, to }: TimeSpan,
): Promise<TimeSpan> => {
  const topic = qualify(namespace, name);
  const firstAt = async (time: number): Promise<number> => {
    let [low, high] = [start, end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      let found = { offset: high, timestamp: Infinity };
      for await (const record of readRecords(log, topic, partition, middle, high)) {
        found = record;
        break;
      }
      if (found.timestamp >= time) high = middle;
      else low = found.offset + 1;
    }
    return low;
  };
  return {
    from: from === -Infinity ? start : await firstAt(from),
    to: to === Infinity ? end : await firstAt(to),
  };
};

/** The last records of an output, so many that a zombie's block at the end does not hide what stands before it. */
const TAIL = 4_000;

/** One past the newest source offset that has an output. */
const decidedUpTo = async (
  { log }: ReplayPorts,
  topic: string,
  { partition, start, end }: PartitionEnds,
): Promise<number> => {
  let decided = 0;
  for await (const { headers } of readRecords(log, topic, partition, Math.max(start, end - TAIL), end)) {
    const source = sourcePositionOf(headers);
    if (source && source.offset >= decided) decided = source.offset + 1;
  }
  return decided;
};

/** As `decidedUpTo`, of one source partition among the outputs of others. */
const decidedAmong = async (
  { log, namespace }: ReplayPorts,
  source: string,
  sourcePartition: number,
  road: Road,
  entity: string,
  outputs: readonly PartitionEnds[],
): Promise<number> => {
  const topic = qualify(namespace, TOPICS.featureInputs(road.service, entity));
  let decided = 0;
  for (const { partition, start, end } of outputs)
    for await (const { headers } of readRecords(log, topic, partition, Math.max(start, end - TAIL), end)) {
      const position = sourcePositionOf(headers);
      if (position?.partition !== sourcePartition || headers.text(HEADERS.source) !== source) continue;
      if (position.offset >= decided) decided = position.offset + 1;
    }
  return decided;
};

/** Where a deployment that did not begin at the beginning started to read vectors. */
const startOffsets = async (
  { log, namespace }: ReplayPorts,
  { deployment, from }: Road,
): Promise<readonly number[] | undefined> => {
  if (from !== 'now') return undefined;
  const topic = qualify(namespace, TOPICS.servingStatus);
  if ((await log.partitionCount(topic)) === undefined) return undefined;
  for (const { headers, value } of await readTopic(log, topic)) {
    if (headers.text(HEADERS.type) !== DeploymentStarted.type) continue;
    const fact = decodeEvent(DeploymentStarted, value);
    if (fact.deployment === deployment && fact.topic === undefined) return fact.offsets;
  }
  return undefined;
};
