import { HEADERS, qualify, sourcePositionOf } from '#contracts';
import { SeenPositions, readRecords, seekBySource, type EventLog, type LogRecord } from '#eventlog';
import { Refused, comparePositions, formatPosition, tryParsePosition, type Position } from '#kernel';

/** Reading single records and stretches of the topics of one namespace; names are below it. Appends and commits nothing. */
export class LogView {
  constructor(
    readonly log: EventLog,
    readonly namespace: string,
  ) {}

  async exists(topic: string): Promise<boolean> {
    return (await this.partitions(topic)) !== undefined;
  }

  /** How many partitions a topic has; undefined where there is none of that name. */
  partitions(topic: string): Promise<number | undefined> {
    return this.log.partitionCount(qualify(this.namespace, topic));
  }

  /** The record at a place; undefined where retention has cut it. @throws Refused PLAYHEAD_NOT_FOUND where nothing was ever there. */
  async at(topic: string, { partition, offset }: Position): Promise<LogRecord | undefined> {
    const ends = await this.endsOf(topic, partition);
    if (!ends || offset >= ends.end) {
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        ends
          ? `${topic}:${partition} ends at ${ends.end}, there is no ${formatPosition(partition, offset)}`
          : `there is no partition ${partition} of ${topic}`,
      );
    }
    if (offset < ends.start) return undefined;
    for await (const record of this.stretch(topic, partition, offset, offset + 1)) return record;
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `the batch at ${topic}:${formatPosition(partition, offset)} cannot be decoded`,
    );
  }

  /** A record of an aligned topic that was made from this source position: any of its copies, which are equal; a binary search (law L4). */
  async madeFrom(topic: string, source: Position): Promise<LogRecord | undefined> {
    if (!(await this.exists(topic))) return undefined;
    const ends = await this.endsOf(topic, source.partition);
    if (!ends) return undefined;
    const full = qualify(this.namespace, topic);
    const from = await seekBySource(this.log, full, ends, source.offset);
    const isIt = (record: LogRecord): boolean => {
      const position = sourcePositionOf(record.headers);
      return position !== undefined && comparePositions(position, source) === 0;
    };
    for await (const record of this.stretch(topic, source.partition, from, ends.end)) {
      if (isIt(record)) return record;
      if (record.offset > from) break;
    }
    // Behind an old block that was written again, the search can come out too far.
    for await (const record of this.stretch(topic, source.partition, ends.start, from))
      if (isIt(record)) return record;
    return undefined;
  }

  /** Records of [from, to) of a partition, within what stands there, each source position once (law L3). */
  async *each(topic: string, partition: number, from = 0, to = Infinity): AsyncGenerator<LogRecord> {
    if (!(await this.exists(topic))) return;
    const ends = await this.endsOf(topic, partition);
    if (!ends) return;
    const seen = new SeenPositions();
    for await (const record of this.stretch(
      topic,
      partition,
      Math.max(from, ends.start),
      Math.min(to, ends.end),
    )) {
      const position = sourcePositionOf(record.headers);
      if (position && !seen.admit(record.headers.text(HEADERS.source) ?? '', position)) continue;
      yield record;
    }
  }

  /** The first record of a topic that `found` accepts, partition by partition. */
  async find(topic: string, found: (record: LogRecord) => boolean): Promise<LogRecord | undefined> {
    if (!(await this.exists(topic))) return undefined;
    for (const { partition } of await this.log.ends(qualify(this.namespace, topic)))
      for await (const record of this.each(topic, partition)) if (found(record)) return record;
    return undefined;
  }

  /** A record by its position, or by the event id that it carries in `field`. @throws Refused PLAYHEAD_NOT_FOUND */
  async named(topic: string, id: string, field: string): Promise<LogRecord> {
    if (!(await this.exists(topic)))
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `there is no topic ${topic}; \`./playhead status\` lists those there are`,
      );
    const position = tryParsePosition(id);
    const text = JSON.stringify(id);
    const carries = ({ value }: LogRecord): boolean => {
      if (!value?.includes(text) && !value?.includes(id)) return false;
      const found = (JSON.parse(value.toString()) as Record<string, unknown>)[field];
      return found !== null && String(found) === id;
    };
    const record = position ? await this.at(topic, position) : await this.find(topic, carries);
    if (record) return record;
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      position ? `${topic}:${id} was cut from the log` : `no record of ${topic} has the ${field} ${id}`,
    );
  }

  private async endsOf(topic: string, partition: number) {
    return (await this.log.ends(qualify(this.namespace, topic))).find((ends) => ends.partition === partition);
  }

  private stretch(topic: string, partition: number, from: number, to: number): AsyncGenerator<LogRecord> {
    return readRecords(this.log, qualify(this.namespace, topic), partition, from, to);
  }
}
