import type { ArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import { readTail, type EventLog, type NewRecord, type TopicPartition } from '#eventlog';
import { PlatformError, Refused, isPlatformError } from '#kernel';
import { SegmentCatalog, ownerOf, type SealedRange } from './catalog';
import { rangeText } from './continuity';
import { isUnreadable } from './format/entry';
import { readManifest } from './format/read-segment';
import type { SegmentManifest } from './format/manifest';
import { announce, rangeOf, rangeOfLabel } from './seal';
import { blocksOf } from './sealed-cursor';
import { verifyPartition, type PartitionReport } from './verify';

export interface RestoreContext {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
  readonly now: () => number;
  /** Settings of the topics that are made, beyond the platform's own. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A topic (below the namespace) as its labels say it: everything that was sealed of it. */
export interface SealedTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly ranges: readonly SealedRange[];
}

const CREATE_TIME = { 'message.timestamp.type': 'CreateTime' };
const SEND_RECORDS = 4_096;
/** Records without contents that stand before the first sealed offset until they are cut. */
const FILLERS_AT_ONCE = 100_000;

/** Every topic that has segments in the store, found by their labels: neither broker nor announcements are needed. */
export const sealedTopics = async (artifacts: ArtifactStore): Promise<SealedTopic[]> => {
  const found = new Map<string, { partitions: number; ranges: SealedRange[] }>();
  for await (const { path, digest } of artifacts.labelled('segments')) {
    const where = rangeOfLabel(path);
    if (!where) continue;
    const manifest = await readManifest(artifacts, digest, where);
    const topic = found.get(where.topic) ?? { partitions: manifest.partitions, ranges: [] };
    found.set(where.topic, topic);
    topic.ranges.push(rangeOf(manifest, digest));
    await refuseAbsent(manifest);
  }
  return [...found].map(([topic, rest]) => ({ topic, ...rest }));
};

/** A record can be brought back to its offset only if every offset before it is taken. */
const refuseAbsent = (manifest: SegmentManifest): Promise<void> => {
  const { topic, partition, absent, unreadable } = manifest;
  if (absent.length > 0)
    throw new Refused(
      'PLAYHEAD_CONFLICT',
      `${topic}:${partition} cannot be restored at its offsets: ${absent.map(rangeText).join(', ')} were markers of transactions or rolled back; read it from its segments instead`,
    );
  if (unreadable > 0)
    throw new Refused(
      'PLAYHEAD_CONFLICT',
      `${topic}:${partition} cannot be restored: it holds ${unreadable} batches that nobody could decode; read it from its segments instead`,
    );
  return Promise.resolve();
};

/**
 * Brings a topic back to a broker that does not have it: offsets, append times and bytes as they were sealed. A restore that was ended is begun
 * again; a topic that already stands from its first sealed offset to its last is left as it is. Refuses a topic that holds other records. The
 * announcements are written anew; at the end everything is compared with the segments.
 */
export const restoreTopic = async (
  context: RestoreContext,
  sealed: SealedTopic,
  onProgress: (records: number) => void = () => undefined,
): Promise<readonly PartitionReport[]> => {
  const { log, artifacts, namespace, now } = context;
  const topic = qualify(namespace, sealed.topic);
  const catalog = new SegmentCatalog({ log, namespace });
  for (const range of sealed.ranges) catalog.add(range);
  const plans = Array.from({ length: sealed.partitions }, (_, partition) =>
    planOf(catalog, { topic, partition }),
  );
  if (!(await isBack(context, topic, plans))) {
    await makeEmpty(context, topic, sealed.partitions);
    for (const plan of plans) await refill(context, catalog, plan, onProgress);
  }
  await log.ensureTopics([
    { name: qualify(namespace, TOPICS.segments(ownerOf(sealed.topic))), partitions: 1 },
  ]);
  const announced = new SegmentCatalog({ log, namespace });
  await announced.refresh(topic);
  const known = new Set(plans.flatMap(({ at }) => announced.of(at)).map(({ manifest }) => manifest));
  const missing = sealed.ranges.filter(({ manifest }) => !known.has(manifest));
  if (missing.length > 0) await announce(log, namespace, missing, now());
  // Last of all: a topic that does not stamp by itself is one whose restore was ended.
  await log.configureTopic(topic, context.config ?? {});
  const reports: PartitionReport[] = [];
  for (const { at } of plans)
    reports.push(await verifyPartition({ log, artifacts, namespace, catalog: announced }, at));
  return reports;
};

interface PartitionPlan {
  readonly at: TopicPartition;
  readonly first: number;
  /** -1 where nothing is sealed. */
  readonly last: number;
}

const planOf = (catalog: SegmentCatalog, at: TopicPartition): PartitionPlan => {
  const [stretch, another] = catalog.stretches(at);
  if (stretch && another)
    throw new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${at.topic}:${at.partition} has no segment for offsets ${rangeText({ first: stretch.last + 1, last: another.first - 1 })}`,
      { details: { ...at, from: stretch.last + 1, to: another.first - 1 } },
    );
  return { at, first: stretch?.first ?? 0, last: stretch?.last ?? -1 };
};

/** What an earlier call brought back, and nobody has written to since: each partition begins and ends as its segments do. */
const isBack = async (
  context: RestoreContext,
  topic: string,
  plans: readonly PartitionPlan[],
): Promise<boolean> => {
  const { log, config } = context;
  if ((await log.partitionCount(topic)) !== plans.length) return false;
  if (
    await isBeingRestored(log, {
      name: topic,
      partitions: plans.length,
      config: { ...config, ...CREATE_TIME },
    })
  )
    return false;
  const ends = await log.ends(topic);
  return plans.every(
    ({ at, first, last }) =>
      ends[at.partition]!.end === last + 1 && (last < 0 || ends[at.partition]!.start === first),
  );
};

/** The records of one partition, at their offsets. */
const refill = async (
  { log, artifacts }: RestoreContext,
  catalog: SegmentCatalog,
  { at, first, last }: PartitionPlan,
  onProgress: (records: number) => void,
): Promise<void> => {
  await fillTo(log, at, first);
  const producer = log.producer();
  try {
    for await (const { entries } of blocksOf(artifacts, catalog.chain(at, first), at, first)) {
      for (let i = 0; i < entries.length; i += SEND_RECORDS) {
        const records = entries.slice(i, i + SEND_RECORDS).flatMap((entry): NewRecord[] => {
          if (isUnreadable(entry)) return [];
          const { key, value, headers, timestamp } = entry;
          return [{ ...at, key, value, headers: headers.entries(), timestamp }];
        });
        await producer.send(records);
        onProgress(records.length);
      }
    }
  } finally {
    await producer.close();
  }
  if (first > 0) await log.deleteRecords(at, Math.min(first, last + 1));
};

/** The topic is there, empty, and takes stamps as they are given. */
const makeEmpty = async (
  { log, config }: RestoreContext,
  topic: string,
  partitions: number,
): Promise<void> => {
  const spec = { name: topic, partitions, config: { ...config, ...CREATE_TIME } };
  if ((await log.partitionCount(topic)) !== undefined) {
    const isEmpty = (await log.ends(topic)).every(({ end }) => end === 0);
    if (!isEmpty && !(await isBeingRestored(log, spec)))
      throw new Refused(
        'PLAYHEAD_CONFLICT',
        `${topic} holds records; restore it to a broker that does not have it`,
      );
    await log.deleteTopics([topic]);
  }
  await log.ensureTopics([spec]);
};

/** Only a restore makes topics that do not stamp by themselves. */
const isBeingRestored = async (
  log: EventLog,
  spec: Parameters<EventLog['ensureTopics']>[0][number],
): Promise<boolean> => {
  try {
    await log.ensureTopics([spec]);
    return true;
  } catch (error) {
    if (isPlatformError(error) && error.code === 'PLAYHEAD_LOG_TOPIC_MISMATCH') return false;
    throw error;
  }
};

/** Takes up all offsets below the first one; they are cut afterwards. */
const fillTo = async (log: EventLog, at: TopicPartition, offset: number): Promise<void> => {
  const producer = log.producer();
  try {
    for (let done = 0; done < offset; done += FILLERS_AT_ONCE) {
      const filler: NewRecord = { ...at, key: null, value: null, headers: [], timestamp: 0 };
      await producer.send(new Array<NewRecord>(Math.min(FILLERS_AT_ONCE, offset - done)).fill(filler));
    }
  } finally {
    await producer.close();
  }
};

/**
 * The inbox of a stream is not sealed: it is made empty, and goes on behind the last record that has an outcome, so that ingestion resumes and no
 * id is given twice. `group` is that of the fold that reads it. An inbox that is there is left as it is; one whose restore was ended is made again.
 */
export const restoreInbox = async (
  { log, namespace }: Pick<RestoreContext, 'log' | 'namespace'>,
  stream: string,
  group: string,
  config: Readonly<Record<string, string>>,
): Promise<readonly number[]> => {
  const inbox = qualify(namespace, TOPICS.inbox(stream));
  const observations = qualify(namespace, TOPICS.observations(stream));
  const rejections = qualify(namespace, TOPICS.rejections(stream));
  const partitions = await log.partitionCount(observations);
  if (partitions === undefined) return [];
  const spec = { name: inbox, partitions, config: { ...config, ...CREATE_TIME } };
  if ((await log.partitionCount(inbox)) !== undefined) {
    if (!(await isBeingRestored(log, spec))) return [];
    await log.deleteTopics([inbox]);
  }
  await log.ensureTopics([spec]);
  const next = new Array<number>(partitions).fill(0);
  for (const topic of [observations, rejections]) {
    if ((await log.partitionCount(topic)) === undefined) continue;
    for (const ends of await log.ends(topic)) {
      const tail = await readTail(log, topic, ends);
      if (tail) next[ends.partition] = Math.max(next[ends.partition]!, tail.source.offset + 1);
    }
  }
  for (const [partition, offset] of next.entries()) {
    await fillTo(log, { topic: inbox, partition }, offset);
    if (offset > 0) await log.deleteRecords({ topic: inbox, partition }, offset);
  }
  await commitOffsets(log, group, inbox, next);
  await log.configureTopic(inbox, config);
  return next;
};

const commitOffsets = async (
  log: EventLog,
  group: string,
  topic: string,
  offsets: readonly number[],
): Promise<void> => {
  let assigned!: () => void;
  const owned = new Promise<void>((resolve) => (assigned = resolve));
  const membership = await log.join({
    group,
    topics: [topic],
    listener: { assigned: () => assigned(), rebalancing: () => undefined, lost: () => undefined },
  });
  try {
    await owned;
    await membership.commit(offsets.map((offset, partition) => ({ topic, partition, offset })));
  } finally {
    await membership.leave();
  }
};
