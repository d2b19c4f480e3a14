import { HEADERS, TOPICS, qualify } from '#contracts';
import { SeenPositions, readRange, type EventLog, type LogRecord } from '#eventlog';
import { PartitionState, compileVectorFold, newest, stagesOf, type CarriedService } from '#folds';
import { ContractViolation, formatPosition, tryParsePosition } from '#kernel';
import { readDeadLettered } from '../walk/dead-lettered';
import { HoleGuard, holeIn } from '../walk/holes';
import { refoldParts, type RefoldedParts } from './refold-parts';

/** Observations of one partition whose vectors are wanted: [from, to). */
export interface PartitionRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A vector as the feature service writes it, or would have written it. */
export interface RefoldedVector {
  /** Of the trigger: the observation that it belongs to. */
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** Append time of the observation, ms. */
  readonly timestamp: number;
  /** ISO 8601, ms, UTC. */
  readonly eventTime: string;
  /** The record's value: canonical JSON, `values` by revision as the definition that was given says. */
  readonly text: string;
}

export interface RefoldOptions {
  readonly log: EventLog;
  readonly namespace: string;
  /**
   * The service with the revisions to compute, whether they were ever applied or not; the fold of the hot path runs under it from the
   * first observation on, so each revision's values are what its windows hold when nothing came before.
   */
  readonly service: CarriedService;
  /** All observations up to now by default. Below `from` they are folded and give no vector. */
  readonly ranges?: readonly PartitionRange[];
  /** Called in the order of the partition; partitions one after the other. */
  readonly onVector: (vector: RefoldedVector) => void | Promise<void>;
}

/**
 * Computes the vectors of any revision of a feature service from its observations. Duplicates and positions that the feature service
 * gave up are skipped as it skipped them; stages are folded from their inputs in the order that the routers recorded. So under the definition of then the text is the logged vector's, byte for byte.
 * Appends and commits nothing. Refuses a hole (PLAYHEAD_LOG_HOLE), naming the offsets. Gives how many vectors it made.
 */
export const refoldVectors = async (options: RefoldOptions): Promise<number> => {
  const { log, namespace, service, onVector } = options;
  const source = TOPICS.observations(newest(service).compiled.trigger.stream);
  const topic = qualify(namespace, source);
  const ends = await log.ends(topic);
  const ranges = options.ranges ?? ends.map(({ partition, end }) => ({ partition, from: 0, to: end }));
  const dead = await readDeadLettered(log, namespace, { service: 'feature', fold: 'vectors', source });
  const parts = stagesOf(service).length > 0 ? await refoldParts({ log, namespace, service }) : undefined;
  let count = 0;
  for (const { partition, from, to } of ranges) {
    const { start } = ends[partition]!;
    if (start > 0)
      throw holeIn({ topic, partition, first: 0, last: start - 1 }, 'restore the topic from its segments');
    const fold = compileVectorFold(service);
    const state = new PartitionState();
    const seen = new SeenPositions();
    const guard = new HoleGuard({ topic, partition }, start);
    for await (const chunk of readRange(log, topic, partition, start, to)) {
      guard.pass(chunk);
      if (chunk.kind !== 'records') continue;
      for (const record of chunk.records) {
        if (!isNew(seen, record) || dead.has(partition, record.offset)) continue;
        const vector = vectorOf(fold, state, record, parts);
        if (!vector || record.offset < from) continue;
        count++;
        const given = onVector(vector);
        if (given) await given;
      }
    }
    guard.finish(to);
  }
  return count;
};

/** Law L3. */
const isNew = (seen: SeenPositions, { headers }: LogRecord): boolean => {
  const position = tryParsePosition(headers.text(HEADERS.id) ?? '');
  return !position || seen.admit(headers.text(HEADERS.source) ?? '', position);
};

/** Undefined for an observation that breaks its contract: it would be given up. */
const vectorOf = (
  fold: ReturnType<typeof compileVectorFold>,
  state: PartitionState,
  { partition, offset, key, timestamp, value }: LogRecord,
  parts: RefoldedParts | undefined,
): RefoldedVector | undefined => {
  try {
    const { text, time } = fold(
      state,
      value,
      formatPosition(partition, offset),
      parts?.of(partition, offset),
    );
    return { partition, offset, key, timestamp, eventTime: time, text };
  } catch (error) {
    if (error instanceof ContractViolation) return undefined;
    throw error;
  }
};
