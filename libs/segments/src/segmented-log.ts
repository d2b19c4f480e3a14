import type { ArtifactStore } from '#artifacts';
import type {
  CommittedOffset,
  EventLog,
  JoinOptions,
  LogProducer,
  LogReader,
  Membership,
  PartitionEnds,
  TopicPartition,
  TopicSpec,
} from '#eventlog';
import { SegmentCatalog } from './catalog';
import { SegmentedReader } from './segmented-reader';

export interface SegmentedLogOptions {
  /** The broker. */
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
}

/**
 * A log whose partitions begin where they were first sealed, whether the broker still holds that or not. Reads below the broker's start
 * come from segments: each digest and Merkle root is checked before a record is given (`PLAYHEAD_SEGMENT_CORRUPT` names the segment).
 */
export class SegmentedLog implements EventLog {
  readonly catalog: SegmentCatalog;

  constructor(private readonly options: SegmentedLogOptions) {
    this.catalog = new SegmentCatalog(options);
  }

  /** The broker's log alone. */
  get live(): EventLog {
    return this.options.log;
  }

  async ends(topic: string): Promise<PartitionEnds[]> {
    const ends = await this.live.ends(topic);
    if (ends.every(({ start }) => start === 0)) return ends;
    await this.catalog.refresh(topic);
    return ends.map((live) => {
      const stretch = this.catalog
        .stretches({ topic, partition: live.partition })
        .find(({ first, last }) => first <= live.start && last + 1 >= live.start);
      return stretch ? { ...live, start: stretch.first } : live;
    });
  }

  reader(): LogReader {
    const { log, artifacts } = this.options;
    return new SegmentedReader({ log, artifacts, catalog: this.catalog });
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.live.ensureTopics(specs);
  }

  partitionCount(topic: string): Promise<number | undefined> {
    return this.live.partitionCount(topic);
  }

  listTopics(prefix: string): Promise<string[]> {
    return this.live.listTopics(prefix);
  }

  bytesOnDisk(prefix: string): Promise<Map<string, number>> {
    return this.live.bytesOnDisk(prefix);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.live.deleteTopics(names);
  }

  deleteRecords(at: TopicPartition, before: number): Promise<void> {
    return this.live.deleteRecords(at, before);
  }

  configureTopic(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.live.configureTopic(name, config);
  }

  committed(group: string, topic: string): Promise<Map<number, CommittedOffset>> {
    return this.live.committed(group, topic);
  }

  producer(): LogProducer {
    return this.live.producer();
  }

  join(options: JoinOptions): Promise<Membership> {
    return this.live.join(options);
  }

  ping(): Promise<void> {
    return this.live.ping();
  }

  close(): Promise<void> {
    return this.live.close();
  }
}

export const openSegmentedLog = (options: SegmentedLogOptions): SegmentedLog => new SegmentedLog(options);
