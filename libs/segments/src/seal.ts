import type { ArtifactStore } from '#artifacts';
import {
  EnvelopeTemplate,
  HEADERS,
  SegmentSealed,
  TOPICS,
  encodeEvent,
  qualify,
  sourcePositionOf,
  unqualify,
} from '#contracts';
import {
  isIntact,
  readLast,
  readRange,
  seekBySource,
  type Chunk,
  type EventLog,
  type OffsetRange,
  type PartitionEnds,
  type TopicPartition,
} from '#eventlog';
import { NondeterminismDetected, PlatformError, type Digest } from '#kernel';
import { ownerOf, type SealedRange, type SegmentCatalog } from './catalog';
import { extended, holesIn, rangeText, within } from './continuity';
import { firstOf, lastOf, type Entry } from './format/entry';
import { encodeManifest } from './format/manifest';
import { SegmentWriter, type SegmentPlace, type WrittenSegment } from './format/segment-writer';

export interface SegmentLimits {
  /** A segment ends before each multiple of it, so that everybody who seals ends where the others do. */
  readonly records: number;
  /** It ends sooner with the entry that makes it as large, before compression. */
  readonly bytes: number;
}

export const DEFAULT_LIMITS: SegmentLimits = { records: 100_000, bytes: 64 * 1024 * 1024 };

export interface SealingContext {
  /** The broker's log, not a segmented one: what is sealed is what the broker holds. */
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
  readonly catalog: SegmentCatalog;
  readonly limits?: SegmentLimits;
  /** "Now", for the envelope of announcements. */
  readonly now: () => number;
  /** Called between chunks; sealing gives way there. */
  readonly pace?: () => Promise<void>;
}

/** Where a manifest is found when the broker has lost everything: `segments/<topic>/<partition>/<first>-<last>`. */
export const segmentLabel = ({ topic, partition, first, last }: SealedRange): string =>
  `segments/${topic}/${partition}/${padded(first)}-${padded(last)}`;

const padded = (offset: number): string => String(offset).padStart(16, '0');

/** The range of a label, or nothing where it is another's. */
export const rangeOfLabel = (
  path: string,
): Pick<SealedRange, 'topic' | 'partition' | 'first' | 'last'> | undefined => {
  const match = /^segments\/([^/]+)\/(\d+)\/(\d{16})-(\d{16})$/.exec(path);
  if (!match) return undefined;
  const [, topic, partition, first, last] = match;
  return { topic: topic!, partition: Number(partition), first: Number(first), last: Number(last) };
};

/** One past the last sealed offset that the broker's log continues without a hole; its start where nothing is sealed. */
export const sealedEnd = (catalog: SegmentCatalog, at: TopicPartition, ends: PartitionEnds): number => {
  const stretches = catalog.stretches(at);
  const last = stretches[stretches.length - 1]?.last ?? -1;
  return Math.max(ends.start, last + 1);
};

export interface SealRequest {
  /** `whole`: segments that are finished. `end`: all that stands there now, the last one shorter than the others. */
  readonly upTo: 'whole' | 'end';
}

/**
 * Seals what is not sealed yet of one partition (full name of the topic), segment by segment: records, then manifest, then its label, then the
 * fact that announces it (law L7). It is a function of the log and may be ended and begun again at any step, or done by two at once.
 * Refuses to seal over a hole (`PLAYHEAD_LOG_HOLE`), broken bytes (`PLAYHEAD_LOG_CORRUPT`), or a log that ends before what is sealed.
 */
export async function* sealPartition(
  context: SealingContext,
  at: TopicPartition,
  { upTo }: SealRequest,
): AsyncGenerator<SealedRange> {
  const { log, catalog, limits = DEFAULT_LIMITS, namespace } = context;
  await catalog.refresh(at.topic);
  const all = await log.ends(at.topic);
  const ends = all[at.partition]!;
  const from = sealedEnd(catalog, at, ends);
  if (from > ends.end)
    throw new NondeterminismDetected(
      'PLAYHEAD_LOG_REWRITTEN',
      `${at.topic}:${at.partition} ends at ${ends.end}, but is sealed up to ${from - 1}: the topic was recreated; restore it or move to another namespace`,
    );
  const wholeEnd = (end: number): number => (upTo === 'end' ? end : end - (end % limits.records));
  if (from >= wholeEnd(ends.end)) return;
  const to = wholeEnd(await endOfSealedSource(context, at, { ...ends, end: wholeEnd(ends.end) }));
  if (from >= to) return;
  const place = { topic: unqualify(namespace, at.topic), partition: at.partition, partitions: all.length };
  for await (const segment of writeSegments(log, at, place, from, to, limits, context.pace))
    yield await storeSegment(context, segment);
}

/**
 * What is derived is sealed no further than what it was made of: a worker that finds outputs behind the end of its source would halt, so only
 * then does what is restored go on. Gives the end to seal up to.
 */
const endOfSealedSource = async (
  { log, catalog, namespace }: SealingContext,
  at: TopicPartition,
  ends: PartitionEnds,
): Promise<number> => {
  const last = await readLast(log, at.topic, ends);
  const position = last && sourcePositionOf(last.headers);
  const name = last?.headers.text(HEADERS.source);
  if (!position || name === undefined || position.partition !== at.partition || !isSealedTopic(name))
    return ends.end;
  const source = { topic: qualify(namespace, name), partition: at.partition };
  if ((await log.partitionCount(source.topic)) === undefined) return ends.end;
  const sourceEnds = (await log.ends(source.topic))[at.partition];
  if (!sourceEnds) return ends.end;
  await catalog.refresh(source.topic);
  const sealed = sealedEnd(catalog, source, sourceEnds);
  return position.offset < sealed ? ends.end : seekBySource(log, at.topic, ends, sealed);
};

/** Reads [from, to) and cuts it into segments; deterministic in the log, the start and the limits. */
export async function* writeSegments(
  log: EventLog,
  at: TopicPartition,
  place: SegmentPlace,
  from: number,
  to: number,
  limits: SegmentLimits,
  pace?: () => Promise<void>,
): AsyncGenerator<WrittenSegment> {
  const lastOfSegment = (first: number): number => first - (first % limits.records) + limits.records - 1;
  let first = from;
  let next = from;
  let writer = new SegmentWriter(place, first);
  let passed: OffsetRange[] = [];
  const finish = async (last: number): Promise<WrittenSegment> => {
    const finished = await writer.finish(last, within(passed, first, last));
    first = last + 1;
    passed = within(passed, first, Infinity);
    writer = new SegmentWriter(place, first);
    return finished;
  };
  for await (const chunk of readRange(log, at.topic, at.partition, from, to)) {
    refuseHoles(at, chunk, next);
    if (chunk.kind === 'records') for (const range of chunk.passed ?? []) extended(passed, range);
    for (const entry of entriesOf(chunk)) {
      while (firstOf(entry) > lastOfSegment(first)) yield await finish(lastOfSegment(first));
      writer.push(entry);
      if (lastOf(entry) >= lastOfSegment(first) || writer.inflatedBytes >= limits.bytes)
        yield await finish(lastOf(entry));
    }
    next = Math.min(chunk.nextOffset, to);
    await writer.settle();
    await pace?.();
  }
  while (first < to) yield await finish(Math.min(lastOfSegment(first), to - 1));
}

export const entriesOf = (chunk: Chunk): readonly Entry[] => {
  if (chunk.kind === 'records') return chunk.records;
  const { kind, firstOffset, lastOffset, count, reason, message, raw, timestamp } = chunk;
  return [{ kind, firstOffset, lastOffset, count, reason, message, raw, timestamp }];
};

/** A batch whose checksum fails was broken after the broker took it; one that is foreign and whole is sealed as it stands. */
export const isBroken = (chunk: Chunk): boolean =>
  chunk.kind === 'unreadable' && chunk.reason === 'BATCH_CORRUPT' && !isIntact(chunk);

const refuseHoles = ({ topic, partition }: TopicPartition, chunk: Chunk, from: number): void => {
  const holes = holesIn(chunk, from);
  if (holes.length > 0)
    throw new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${topic}:${partition} lacks offsets ${holes.map(rangeText).join(', ')}; it is not sealed over a hole`,
      { details: { topic, partition, holes } },
    );
  if (chunk.kind === 'unreadable' && isBroken(chunk))
    throw new PlatformError(
      'PLAYHEAD_LOG_CORRUPT',
      'halt',
      `${topic}:${partition} has a batch at offset ${chunk.firstOffset} whose bytes were changed: ${chunk.message}`,
      { details: { topic, partition, offset: chunk.firstOffset } },
    );
};

/** Both artifacts, then the label, then the fact. Each step again is harmless. */
export const storeSegment = async (
  { artifacts, log, namespace, catalog, now }: SealingContext,
  { manifest, bytes }: WrittenSegment,
): Promise<SealedRange> => {
  await artifacts.put(bytes);
  const digest = await artifacts.put(encodeManifest(manifest), { contentType: 'application/json' });
  const range = rangeOf(manifest, digest);
  await artifacts.label(segmentLabel(range), digest);
  await announce(log, namespace, [range], now());
  catalog.add(range);
  return range;
};

const ALL_IN_ONE: SegmentLimits = { records: Number.MAX_SAFE_INTEGER, bytes: Infinity };

/**
 * Writes a sealed range again from what the broker holds: a put of the same bytes puts spoilt objects right. False where the broker does not hold
 * all of the range, or other records than were sealed.
 */
export const repairSegment = async (
  { log, artifacts }: Pick<SealingContext, 'log' | 'artifacts'>,
  at: TopicPartition,
  range: SealedRange,
): Promise<boolean> => {
  const all = await log.ends(at.topic);
  const { start, end } = all[at.partition]!;
  if (range.first < start || range.last >= end) return false;
  const place = { topic: range.topic, partition: at.partition, partitions: all.length };
  for await (const { manifest, bytes } of writeSegments(
    log,
    at,
    place,
    range.first,
    range.last + 1,
    ALL_IN_ONE,
  )) {
    if (manifest.root !== range.root || manifest.artifact !== range.artifact) return false;
    await artifacts.put(bytes);
    return (await artifacts.put(encodeManifest(manifest))) === range.manifest;
  }
  return false;
};

export const rangeOf = (manifest: WrittenSegment['manifest'], digest: Digest): SealedRange => {
  const { topic, partition, first, last, count, artifact, root, bytes, inflatedBytes, lastAppended } =
    manifest;
  return {
    topic,
    partition,
    first,
    last,
    count,
    manifest: digest,
    artifact,
    root,
    bytes,
    inflatedBytes,
    lastAppended,
  };
};

export const announce = async (
  log: EventLog,
  namespace: string,
  ranges: readonly SealedRange[],
  time: number,
): Promise<void> => {
  const producer = log.producer();
  try {
    await producer.send(
      ranges.map((range) => {
        const owner = ownerOf(range.topic);
        const template = new EnvelopeTemplate({ type: SegmentSealed.type, source: owner });
        const id = `${range.topic}/${range.partition}@${range.first}-${range.last}`;
        return {
          topic: qualify(namespace, TOPICS.segments(owner)),
          partition: 0,
          key: `${range.topic}/${range.partition}`,
          value: encodeEvent(SegmentSealed, range),
          headers: template.headers(id, new Date(time).toISOString()),
        };
      }),
    );
  } finally {
    await producer.close();
  }
};

const NOT_SEALED = /^ingestion\.inbox\.|\.(snapshots|segments)$/;

/** Whether a topic (below the namespace) is sealed: all but inboxes, which are transport, snapshots, which are a cache, and announcements. */
export const isSealedTopic = (topic: string): boolean => topic.includes('.') && !NOT_SEALED.test(topic);
