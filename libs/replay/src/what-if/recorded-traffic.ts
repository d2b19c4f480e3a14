import { sourcePositionOf } from '#contracts';
import {
  SeenPositions,
  readRange,
  readRecords,
  seekBySource,
  type EventLog,
  type LogRecord,
} from '#eventlog';
import { formatPosition, type Position } from '#kernel';
import { HoleGuard, holeIn } from '../walk/holes';
import type { PartitionRange } from '../refold/refold-vectors';

/** A prediction and the vector that it was made from. */
export interface RecordedPair {
  readonly prediction: LogRecord;
  readonly vector: LogRecord;
}

export interface TrafficTopics {
  /** Full names. */
  readonly predictions: string;
  readonly vectors: string;
}

/**
 * What a deployment answered over ranges of vectors, each answer once (law L3), partition by partition in order. A vector without a
 * prediction (before the deployment began, or set aside) gives nothing. Refuses a hole in either topic, naming it.
 */
export async function* recordedTraffic(
  log: EventLog,
  { predictions, vectors }: TrafficTopics,
  ranges: readonly PartitionRange[],
): AsyncGenerator<RecordedPair> {
  const ends = new Map((await log.ends(predictions)).map((each) => [each.partition, each]));
  for (const { partition, from, to } of ranges) {
    const its = ends.get(partition);
    if (!its || from >= to) continue;
    const first = from === 0 ? its.start : await seekBySource(log, predictions, its, from);
    const vector = walk(log, vectors, partition, from, to);
    const seen = new SeenPositions();
    try {
      let current = await vector.next();
      for await (const prediction of walk(log, predictions, partition, first, its.end)) {
        const source = sourcePositionOf(prediction.headers);
        if (!source || source.offset < from || !seen.admit('', source)) continue;
        if (source.offset >= to) break;
        while (!current.done && current.value.offset < source.offset) current = await vector.next();
        if (current.done || current.value.offset !== source.offset)
          throw holeIn(
            { topic: vectors, partition, first: source.offset, last: source.offset },
            'the vector of a prediction is gone: restore the topic from its segments',
          );
        yield { prediction, vector: current.value };
      }
    } finally {
      await vector.return(undefined);
    }
  }
}

async function* walk(
  log: EventLog,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<LogRecord, undefined> {
  const guard = new HoleGuard({ topic, partition }, from);
  for await (const chunk of readRange(log, topic, partition, from, to)) {
    guard.pass(chunk);
    if (chunk.kind === 'records') yield* chunk.records;
  }
  guard.finish(to);
}

/** One record of a topic by its position, read in order: each call must ask for a later one of its partition. */
export class AlignedRecords {
  private reading: { readonly partition: number; readonly records: AsyncGenerator<LogRecord> } | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly topic: string,
  ) {}

  async at({ partition, offset }: Position): Promise<LogRecord> {
    if (this.reading?.partition !== partition) {
      await this.close();
      const end = (await this.log.ends(this.topic)).find((each) => each.partition === partition)?.end ?? 0;
      this.reading = { partition, records: readRecords(this.log, this.topic, partition, offset, end) };
    }
    for (;;) {
      const next = await this.reading.records.next();
      if (next.done || next.value.offset > offset)
        throw holeIn(
          { topic: this.topic, partition, first: offset, last: offset },
          `the record ${formatPosition(partition, offset)} is gone: restore the topic from its segments`,
        );
      if (next.value.offset === offset) return next.value;
    }
  }

  async close(): Promise<void> {
    await this.reading?.records.return(undefined);
    this.reading = undefined;
  }
}
