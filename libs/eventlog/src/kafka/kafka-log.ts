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
} from '../port';
import type { Cluster } from './cluster';
import { unavailable } from './connection';
import { bytesOnDisk } from './log-dirs';
import { KafkaMembership } from './membership';
import { KafkaProducer, type ProducerSettings } from './producer';
import { KafkaReader, type ReaderSettings } from './reader';
import { Topics } from './topics';

/** The log port over a Kafka cluster. What it opened, it closes. */
export class KafkaLog implements EventLog {
  private readonly topics: Topics;
  private readonly open = new Set<() => Promise<void>>();

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: {
      readonly reader: ReaderSettings;
      readonly producer: ProducerSettings;
      readonly isGone?: (clientId: string) => boolean;
    },
  ) {
    this.topics = new Topics(cluster);
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.topics.ensure(specs);
  }

  partitionCount(topic: string): Promise<number | undefined> {
    return this.topics.partitionCount(topic);
  }

  listTopics(prefix: string): Promise<string[]> {
    return this.topics.list(prefix);
  }

  ends(topic: string): Promise<PartitionEnds[]> {
    return this.topics.ends(topic);
  }

  bytesOnDisk(prefix: string): Promise<Map<string, number>> {
    return bytesOnDisk(this.cluster, prefix);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.topics.delete(names);
  }

  deleteRecords(at: TopicPartition, before: number): Promise<void> {
    return this.topics.deleteRecords(at, before);
  }

  configureTopic(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.topics.configure(name, config);
  }

  committed(group: string, topic: string): Promise<Map<number, CommittedOffset>> {
    return this.topics.committed(group, topic);
  }

  reader(): LogReader {
    const reader = new KafkaReader(this.cluster, this.settings.reader, () => this.open.delete(close));
    const close = (): Promise<void> => reader.close();
    this.open.add(close);
    return reader;
  }

  producer(): LogProducer {
    const producer = new KafkaProducer(this.cluster, this.settings.producer, () => this.open.delete(close));
    const close = (): Promise<void> => producer.close();
    this.open.add(close);
    return producer;
  }

  async join(options: JoinOptions): Promise<Membership> {
    const membership = await KafkaMembership.join(this.cluster, options, this.settings.isGone);
    const close = (): Promise<void> => membership.leave();
    membership.onEnd = () => this.open.delete(close);
    this.open.add(close);
    return membership;
  }

  async ping(): Promise<void> {
    try {
      await this.cluster.ask('ApiVersions', {});
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map((close) => close()));
    this.cluster.close();
  }
}
