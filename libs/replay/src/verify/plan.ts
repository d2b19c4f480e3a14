import { DeploymentStarted, HEADERS, TOPICS, decodeEvent, qualify, sourcePositionOf } from '#contracts';
import { readRecords, readTopic, seekBySource, type PartitionEnds } from '#eventlog';
import { Refused } from '#kernel';
import { holeIn } from '../walk/holes';
import type { HopName, ReplayPorts, Road } from './hops';
import { offsetAt, type Place } from './range';
import type { PartitionPlan } from './verify-partition';

export interface RangeRequest {
  readonly from?: Place;
  readonly to?: Place;
}

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
  const { log, namespace } = ports;
  const full = (name: string): string => qualify(namespace, name);
  const names = {
    observations: TOPICS.observations(road.stream),
    vectors: TOPICS.vectors(road.service),
    predictions: TOPICS.predictions(road.deployment),
  };
  const [observations, vectors, predictions, starts] = await Promise.all([
    log.ends(full(names.observations)),
    log.ends(full(names.vectors)),
    log.ends(full(names.predictions)),
    startOffsets(ports, road),
  ]);
  const range: OffsetSpan[] = [];
  const units: PartitionPlan[] = [];
  let pending = 0;
  for (const ends of observations) {
    const { partition } = ends;
    const at = { namespace, topic: names.observations };
    const decided = await decidedUpTo(ports, full(names.vectors), vectors[partition]!);
    const scored = await decidedUpTo(ports, full(names.predictions), predictions[partition]!);
    const from = request.from ? await offsetAt(log, at, ends, request.from, ends.start) : ends.start;
    const asked = request.to ? await offsetAt(log, at, ends, request.to, ends.end) : ends.end;
    const to = Math.min(asked, decided);
    if (from < ends.start)
      throw holeIn(
        { topic: full(names.observations), partition, first: from, last: ends.start - 1 },
        'restore the topic from its segments, or choose a later --from',
      );
    if (from > asked)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `partition ${partition}: --from ${from} lies behind --to ${asked}`,
      );
    range.push({ topic: names.observations, partition, from, to: Math.max(from, to) });
    pending += Math.max(0, asked - Math.max(from, decided));
    units.push({
      hop: 'vectors' satisfies HopName,
      partition,
      from,
      to: Math.max(from, to),
      zero: ends.start,
      outputs: vectors[partition]!,
    });
    const zero = starts?.[partition] ?? vectors[partition]!.start;
    const isWhole = request.from === undefined;
    const first = isWhole
      ? zero
      : Math.max(zero, await seekBySource(log, full(names.vectors), vectors[partition]!, from));
    const last =
      asked >= decided
        ? vectors[partition]!.end
        : await seekBySource(log, full(names.vectors), vectors[partition]!, asked);
    pending += Math.max(0, last - Math.max(first, scored));
    units.push({
      hop: 'predictions' satisfies HopName,
      partition,
      from: first,
      to: Math.max(first, Math.min(last, scored)),
      zero,
      outputs: predictions[partition]!,
    });
  }
  return { range, units, pending };
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
    if (fact.deployment === deployment) return fact.offsets;
  }
  return undefined;
};
