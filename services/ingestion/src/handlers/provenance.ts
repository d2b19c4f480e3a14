import { HEADERS, TOPICS, qualify, unqualify } from '#contracts';
import { readRecords, untilAvailable, type EventLog, type LogRecord } from '#eventlog';
import { isPlatformError, tryParsePosition } from '#kernel';
import type { InboxPosition } from '../domain/stream-partition';

/** What the headers of a record truthfully say about where it came from. */
export interface Origin {
  readonly movedFrom?: InboxPosition;
  readonly redrivenFrom?: string;
}

export const NO_ORIGIN: Origin = {};

export interface ProvenanceOptions {
  readonly log: EventLog;
  readonly namespace: string;
  readonly stream: string;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A header that names a position: it counts only if that position exists and holds the same bytes. */
interface Claim {
  readonly record: LogRecord;
  readonly kind: keyof Origin;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Positions closer than this are read in one go. */
const GAP = 500;

/**
 * Checks `ph_moved_from` and `ph_redriven_from` against the log, many at a time. Without it a producer could have its record pass
 * lateness and dedupe, or have true moves taken for repeated ones, by writing a header.
 */
export class Provenance {
  private readonly inbox: string;
  private readonly rejections: string;
  private readonly deadLetters: string;

  constructor(private readonly options: ProvenanceOptions) {
    const { namespace, stream } = options;
    this.inbox = qualify(namespace, TOPICS.inbox(stream));
    this.rejections = qualify(namespace, TOPICS.rejections(stream));
    this.deadLetters = qualify(namespace, TOPICS.deadLetters('ingestion'));
  }

  /** Whether the record says anything that has to be checked. */
  static claims(record: LogRecord): boolean {
    return (
      record.headers.get(HEADERS.movedFrom) !== undefined ||
      record.headers.get(HEADERS.redrivenFrom) !== undefined
    );
  }

  /** The origins of the records whose claims hold; waits while the broker is away. */
  async check(records: readonly LogRecord[]): Promise<ReadonlyMap<LogRecord, Origin>> {
    const claims = records.flatMap((record) => this.claimsOf(record));
    const { sleep } = this.options;
    const held = await untilAvailable(() => this.holding(claims), sleep);
    const origins = new Map<LogRecord, Origin>();
    for (const { record, kind, topic, partition, offset } of held) {
      const origin =
        kind === 'movedFrom'
          ? { movedFrom: { partition, offset } }
          : { redrivenFrom: `${unqualify(this.options.namespace, topic)}/${partition}-${offset}` };
      origins.set(record, { ...origins.get(record), ...origin });
    }
    return origins;
  }

  private claimsOf(record: LogRecord): Claim[] {
    const moved = tryParsePosition(record.headers.text(HEADERS.movedFrom) ?? '');
    const redriven = /^(.+)\/(\d+-\d+)$/.exec(record.headers.text(HEADERS.redrivenFrom) ?? '');
    const claims: Claim[] = [];
    if (moved && moved.partition !== record.partition)
      claims.push({
        record,
        kind: 'movedFrom',
        topic: this.inbox,
        partition: moved.partition,
        offset: moved.offset,
      });
    const topic =
      redriven &&
      [this.rejections, this.deadLetters].find(
        (name) => name === qualify(this.options.namespace, redriven[1]!),
      );
    const from = topic && tryParsePosition(redriven[2]!);
    if (from)
      claims.push({ record, kind: 'redrivenFrom', topic, partition: from.partition, offset: from.offset });
    return claims;
  }

  private async holding(claims: readonly Claim[]): Promise<Claim[]> {
    const held: Claim[] = [];
    for (const group of byPlace(claims)) {
      const { topic, partition } = group[0]!;
      const ends = (await this.options.log.ends(topic))[partition];
      if (!ends) continue;
      const within = group
        .filter(({ offset }) => offset >= ends.start && offset < ends.end)
        .sort((a, b) => a.offset - b.offset);
      for (let first = 0; first < within.length;) {
        let last = first;
        while (last + 1 < within.length && within[last + 1]!.offset - within[last]!.offset <= GAP) last++;
        held.push(...(await this.holdingIn(within.slice(first, last + 1))));
        first = last + 1;
      }
    }
    return held;
  }

  /** Claims of one place in offset order, close together. Sources are compared as they are read: kept, they could be gigabytes. */
  private async holdingIn(claims: readonly Claim[]): Promise<Claim[]> {
    const { topic, partition, offset } = claims[0]!;
    const end = claims.at(-1)!.offset + 1;
    const held: Claim[] = [];
    let next = 0;
    try {
      for await (const source of readRecords(this.options.log, topic, partition, offset, end)) {
        while (next < claims.length && claims[next]!.offset < source.offset) next++;
        for (; claims[next]?.offset === source.offset; next++)
          if (this.holds(claims[next]!, source)) held.push(claims[next]!);
      }
    } catch (error) {
      // Retention was quicker: what is gone proves nothing.
      if (!isPlatformError(error) || error.code !== 'PLAYHEAD_LOG_HOLE') throw error;
    }
    return held;
  }

  private holds({ record, kind, topic }: Claim, source: LogRecord): boolean {
    if (kind === 'redrivenFrom' && topic === this.rejections) {
      const { raw } = JSON.parse(String(source.value)) as { raw: string };
      return record.value !== null && record.value.equals(Buffer.from(raw, 'base64'));
    }
    const sameValue =
      source.value === null
        ? record.value === null
        : record.value !== null && source.value.equals(record.value);
    const sameKey =
      source.key === null ? record.key === null : record.key !== null && source.key.equals(record.key);
    return sameValue && (kind === 'redrivenFrom' || sameKey);
  }
}

const byPlace = (claims: readonly Claim[]): Iterable<readonly Claim[]> => {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const place = `${claim.topic}:${claim.partition}`;
    const group = groups.get(place);
    if (group) group.push(claim);
    else groups.set(place, [claim]);
  }
  return groups.values();
};
