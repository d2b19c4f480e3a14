import { SegmentSealed, TOPICS, decodeEvent, qualify, unqualify, type EventOf } from '#contracts';
import { readRange, type EventLog, type OffsetRange, type TopicPartition } from '#eventlog';

/** One sealed range, as it was announced. */
export type SealedRange = EventOf<typeof SegmentSealed>;

/** The first word of a topic's name is its owner. */
export const ownerOf = (topic: string): string => topic.slice(0, topic.indexOf('.'));

/** What is sealed, as the announcements on `<service>.segments` say it. Ranges may overlap: they were made of the same log. */
export class SegmentCatalog {
  private readonly next = new Map<string, number>();
  private readonly ranges = new Map<string, SealedRange[]>();
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: { readonly log: EventLog; readonly namespace: string }) {}

  /** Reads what was announced since the last time, of the service that owns a topic (full name). One at a time. */
  refresh(topic: string): Promise<void> {
    const { namespace } = this.options;
    const owner = ownerOf(unqualify(namespace, topic));
    const result = this.turn.then(() => this.read(qualify(namespace, TOPICS.segments(owner))));
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Ranges of a partition (full name of the topic), by first offset. */
  of(at: TopicPartition): readonly SealedRange[] {
    return this.ranges.get(keyOf(unqualify(this.options.namespace, at.topic), at.partition)) ?? [];
  }

  /** The range that holds an offset and reaches furthest. */
  covering(at: TopicPartition, offset: number): SealedRange | undefined {
    let best: SealedRange | undefined;
    for (const range of this.of(at))
      if (range.first <= offset && range.last >= offset && range.last > (best?.last ?? -1)) best = range;
    return best;
  }

  /** Ranges that lead on from an offset without a hole, each beginning at or before the end of the one before it. */
  chain(at: TopicPartition, offset: number): SealedRange[] {
    const chain: SealedRange[] = [];
    for (
      let range = this.covering(at, offset);
      range;
      range = this.covering(at, chain[chain.length - 1]!.last + 1)
    )
      chain.push(range);
    return chain;
  }

  /** What is sealed of a partition, as few stretches without a hole between their ends. */
  stretches(at: TopicPartition): OffsetRange[] {
    const stretches: OffsetRange[] = [];
    for (const { first, last } of this.of(at)) {
      const before = stretches[stretches.length - 1];
      if (before && first <= before.last + 1)
        stretches[stretches.length - 1] = { first: before.first, last: Math.max(before.last, last) };
      else stretches.push({ first, last });
    }
    return stretches;
  }

  /** Takes in a range that is announced elsewhere. */
  add(range: SealedRange): void {
    const key = keyOf(range.topic, range.partition);
    const known = this.ranges.get(key) ?? [];
    if (known.some(({ manifest }) => manifest === range.manifest)) return;
    this.ranges.set(
      key,
      [...known, range].sort((a, b) => a.first - b.first || a.last - b.last),
    );
  }

  private async read(topic: string): Promise<void> {
    const { log } = this.options;
    if ((await log.partitionCount(topic)) === undefined) return;
    const { start, end } = (await log.ends(topic))[0]!;
    const from = Math.max(start, this.next.get(topic) ?? start);
    for await (const chunk of readRange(log, topic, 0, from, end)) {
      if (chunk.kind !== 'records') continue;
      for (const { value } of chunk.records) this.add(decodeEvent(SegmentSealed, value));
    }
    this.next.set(topic, end);
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`;
