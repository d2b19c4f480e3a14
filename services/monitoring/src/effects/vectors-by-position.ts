import { untilAvailable, type EventLog, type LogReader, type LogRecord } from '#eventlog';
import { Defect, type PlatformError } from '#kernel';
import type { Sleep } from '#runtime';

export interface VectorsByPositionOptions {
  readonly log: EventLog;
  /** Full name of `feature.vectors.<service>`. */
  readonly topic: string;
  readonly sleep: Sleep;
  readonly onRetry?: (error: PlatformError) => void;
}

interface Place {
  readonly reader: LogReader;
  /** What was read last, in offset order. */
  records: readonly LogRecord[];
  at: number;
  next: number;
}

/** Over so many offsets a reader jumps; it reads through smaller gaps. */
const JUMP_OFFSETS = 10_000;

/**
 * The vectors that predictions name. A prediction is made from a vector that stands on the log, and both stand in the same order, so
 * what is gathered depends on the predictions alone and each partition is read through once.
 */
export class VectorsByPosition {
  private readonly places = new Map<number, Place>();

  constructor(private readonly options: VectorsByPositionOptions) {}

  /** The vector, where it was read already. */
  known(partition: number, offset: number): LogRecord | undefined {
    const place = this.places.get(partition);
    if (!place) return undefined;
    const { records } = place;
    while (place.at < records.length && records[place.at]!.offset < offset) place.at++;
    const record = records[place.at];
    return record?.offset === offset ? record : undefined;
  }

  /** @throws PLAYHEAD_LOG_HOLE where the vector is no longer on the log, Defect where there is none at this offset. */
  async at(partition: number, offset: number): Promise<LogRecord> {
    const place = this.place(partition, offset);
    for (;;) {
      while (place.at < place.records.length && place.records[place.at]!.offset < offset) place.at++;
      const record = place.records[place.at];
      if (record?.offset === offset) return record;
      if (record || place.next > offset) {
        throw new Defect(
          `a prediction names the vector ${this.options.topic}:${partition}-${offset}, which is not there`,
        );
      }
      await this.readOn(place);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.places.values()].map(({ reader }) => reader.close()));
    this.places.clear();
  }

  private place(partition: number, offset: number): Place {
    let place = this.places.get(partition);
    if (!place)
      this.places.set(
        partition,
        (place = { reader: this.options.log.reader(), records: [], at: 0, next: -1 }),
      );
    const first = place.records[0]?.offset ?? place.next;
    if (place.next < 0 || offset < first || offset > place.next + JUMP_OFFSETS) {
      place.reader.seek({ topic: this.options.topic, partition }, offset);
      place.records = [];
      place.next = offset;
    }
    // An earlier one of what was read last: a round that is folded again.
    if (place.at >= place.records.length || place.records[place.at]!.offset > offset) place.at = 0;
    return place;
  }

  private async readOn(place: Place): Promise<void> {
    const { sleep, onRetry } = this.options;
    for (const chunk of await untilAvailable(() => place.reader.poll(500), sleep, onRetry)) {
      place.next = chunk.nextOffset;
      place.at = 0;
      place.records = chunk.kind === 'records' ? chunk.records : [];
    }
  }
}
