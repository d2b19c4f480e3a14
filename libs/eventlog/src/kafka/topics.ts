import { PlatformError, Refused, TransientFailure } from '#kernel';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { CommittedOffset, PartitionEnds, TopicPartition, TopicSpec } from '../port';
import type { Cluster } from './cluster';
import { retrying, unavailable } from './connection';
import { listOffsets } from './ends';

/** A record's timestamp is when it was appended; nothing is cut by time; facts are never compacted (architecture, 1). */
export const PLATFORM_SETTINGS: Readonly<Record<string, string>> = {
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': '-1',
  'cleanup.policy': 'delete',
};

const TIMESTAMP_TYPE = 'message.timestamp.type';
const BROKER_DEFAULT = -1;
const TOPIC_RESOURCE = 2;
const OFFSET_OUT_OF_RANGE = 1;
const UNKNOWN_TOPIC = 3;
const TOPIC_ALREADY_EXISTS = 36;
const ADMIN_TIMEOUT_MS = 15_000;
const SETTLE_MS = 10_000;

interface TopicErrors {
  readonly topicErrors: readonly { topic: string; errorCode: number; errorMessage?: string | null }[];
}

interface DeletedRecords {
  readonly topics: readonly { readonly partitions: readonly { errorCode: number }[] }[];
}

interface AlteredConfigs {
  readonly resources: readonly { errorCode: number; errorMessage: string | null; resourceName: string }[];
}

interface DescribedConfigs {
  readonly resources: readonly {
    resourceName: string;
    configEntries: readonly { configName: string; configValue: string | null }[];
  }[];
}

interface FetchedOffsets {
  readonly responses: readonly {
    readonly partitions: readonly { partition: number; offset: string; metadata: string | null }[];
  }[];
}

/** Topics and what is known about them. Everything rejects with TransientFailure while the brokers are away. */
export class Topics {
  constructor(private readonly cluster: Cluster) {}

  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const existing = await this.cluster.refresh(specs.map(({ name }) => name));
    const missing = specs.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await this.create(missing);
    const present = await this.settled(specs);
    await this.refuseMismatches(specs, present);
  }

  async partitionCount(topic: string): Promise<number | undefined> {
    return (await this.cluster.refresh([topic])).get(topic)?.length;
  }

  async list(prefix: string): Promise<string[]> {
    const all = await this.cluster.refresh(null);
    return [...all.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async ends(topic: string): Promise<PartitionEnds[]> {
    const count = await this.partitionCount(topic);
    if (count === undefined)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no topic ${topic} yet`);
    return listOffsets(
      this.cluster,
      topic,
      Array.from({ length: count }, (_, partition) => partition),
    );
  }

  async delete(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const args = { topics: names, timeout: ADMIN_TIMEOUT_MS };
    const answer = (await this.cluster.ask('DeleteTopics', args, {
      parse: false,
      timeoutMs: ADMIN_TIMEOUT_MS,
    })) as TopicErrors;
    refuseErrors(answer, UNKNOWN_TOPIC);
    await this.until(
      async () => (await this.cluster.refresh(names)).size === 0,
      `deletion of ${names.join(', ')}`,
    );
  }

  async deleteRecords({ topic, partition }: TopicPartition, before: number): Promise<void> {
    const ends = (await this.ends(topic))[partition];
    if (!ends)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no ${topic}:${partition} yet`);
    if (before <= ends.start) return;
    if (before > ends.end) throw cutPastEnd(topic, ends, before);
    const args = {
      topics: [{ topic, partitions: [{ partition, offset: String(before) }] }],
      timeout: ADMIN_TIMEOUT_MS,
    };
    const ask = async (): Promise<void> => {
      await this.cluster.refresh([topic]);
      const leader = this.cluster.leader({ topic, partition });
      if (leader === undefined)
        throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `${topic}:${partition} has no leader`);
      const answer = (await this.cluster.send(
        await this.cluster.leaderConnection(leader),
        'DeleteRecords',
        args,
        { parse: false, timeoutMs: ADMIN_TIMEOUT_MS },
      )) as DeletedRecords;
      const code = answer.topics[0]?.partitions[0]?.errorCode ?? -1;
      if (code === OFFSET_OUT_OF_RANGE) throw cutPastEnd(topic, ends, before);
      if (code !== 0)
        throw new TransientFailure(
          'PLAYHEAD_LOG_UNAVAILABLE',
          `${topic}:${partition} was not cut, the broker answers with error ${code}`,
        );
    };
    await retrying(ask, this.cluster.requestTimeoutMs, (error) => error instanceof TransientFailure);
  }

  async configure(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries({ ...PLATFORM_SETTINGS, ...config }).map(([key, value]) => ({
      name: key,
      value,
    }));
    const args = { resources: [{ type: TOPIC_RESOURCE, name, configEntries }] };
    const answer = (await this.cluster.ask('AlterConfigs', args, {
      parse: false,
      timeoutMs: ADMIN_TIMEOUT_MS,
    })) as AlteredConfigs;
    const failed = answer.resources.find(({ errorCode }) => errorCode !== 0);
    if (failed)
      throw new TransientFailure(
        'PLAYHEAD_LOG_UNAVAILABLE',
        `settings of ${name}: error ${failed.errorCode} ${failed.errorMessage ?? ''}`.trimEnd(),
      );
    // Brokers hear of it a moment later.
    await this.until(async () => {
      const wanted = { ...PLATFORM_SETTINGS, ...config }[TIMESTAMP_TYPE];
      return (await this.timestampTypes([name])).get(name) === wanted;
    }, `settings of ${name}`);
  }

  async committed(group: string, topic: string): Promise<Map<number, CommittedOffset>> {
    const count = (await this.partitionCount(topic)) ?? 0;
    const connection = await this.cluster.openCoordinator(group);
    try {
      const topics = [
        { topic, partitions: Array.from({ length: count }, (_, partition) => ({ partition })) },
      ];
      const ask = (): Promise<unknown> =>
        this.cluster.send(connection, 'OffsetFetch', { groupId: group, topics });
      const answer = (await retrying(ask, this.cluster.requestTimeoutMs)) as FetchedOffsets;
      const offsets = answer.responses
        .flatMap(({ partitions }) => partitions)
        .filter(({ offset }) => Number(offset) >= 0);
      return new Map(
        offsets.map(({ partition, offset, metadata }) => [
          partition,
          { offset: Number(offset), metadata: metadata ?? '' },
        ]),
      );
    } catch (error) {
      throw unavailable(error, `committed offsets of ${group}`);
    } finally {
      void connection.disconnect();
    }
  }

  private async create(specs: readonly TopicSpec[]): Promise<void> {
    const topics = specs.map(({ name, partitions, config }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: BROKER_DEFAULT,
      configEntries: Object.entries({ ...PLATFORM_SETTINGS, ...config }).map(([key, value]) => ({
        name: key,
        value,
      })),
    }));
    const args = { topics, timeout: ADMIN_TIMEOUT_MS };
    const answer = (await this.cluster.ask('CreateTopics', args, {
      parse: false,
      timeoutMs: ADMIN_TIMEOUT_MS,
    })) as TopicErrors;
    refuseErrors(answer, TOPIC_ALREADY_EXISTS); // somebody else was quicker: what they made is checked like any other
  }

  /** Waits until the brokers know all partitions and who leads them. */
  private async settled(specs: readonly TopicSpec[]): Promise<Map<string, readonly number[]>> {
    const names = specs.map(({ name }) => name);
    let found = new Map<string, readonly number[]>();
    await this.until(
      async () => {
        found = await this.cluster.refresh(names);
        return names.every((name) => found.get(name)?.every((leader) => leader >= 0));
      },
      `leaders of ${names.join(', ')}`,
    );
    return found;
  }

  private async refuseMismatches(
    specs: readonly TopicSpec[],
    present: ReadonlyMap<string, readonly number[]>,
  ): Promise<void> {
    const timestampTypes = await this.timestampTypes(specs.map(({ name }) => name));
    const faults = specs.flatMap(({ name, partitions, config }) => {
      const count = present.get(name)!.length;
      const wanted = { ...PLATFORM_SETTINGS, ...config }[TIMESTAMP_TYPE];
      return [
        ...(count === partitions
          ? []
          : [
              `topic ${name} has ${count} partitions, its definition says ${partitions}; partitions are for ever: make a new generation of the stream`,
            ]),
        ...(timestampTypes.get(name) === wanted
          ? []
          : [`topic ${name} has ${TIMESTAMP_TYPE}=${timestampTypes.get(name)}, it must be ${wanted}`]),
      ];
    });
    if (faults.length > 0)
      throw new PlatformError('PLAYHEAD_LOG_TOPIC_MISMATCH', 'halt', faults.join('; '), {
        details: { faults },
      });
  }

  private async timestampTypes(names: readonly string[]): Promise<Map<string, string | null>> {
    const resources = names.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: [TIMESTAMP_TYPE] }));
    const answer = (await this.cluster.ask('DescribeConfigs', { resources }).catch((error: unknown) => {
      throw unavailable(error, 'settings of topics');
    })) as DescribedConfigs;
    return new Map(
      answer.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        configEntries.find(({ configName }) => configName === TIMESTAMP_TYPE)?.configValue ?? null,
      ]),
    );
  }

  private async until(done: () => Promise<boolean | undefined>, what: string): Promise<void> {
    for (const deadline = Date.now() + SETTLE_MS; !(await done()); await pauseFor(10)) {
      if (Date.now() > deadline)
        throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `${what}: not within ${SETTLE_MS} ms`);
    }
  }
}

const cutPastEnd = (topic: string, { partition, end }: PartitionEnds, before: number): Refused =>
  new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `${topic}:${partition} ends at ${end}; it cannot be cut below ${before}`,
    { details: { topic, partition, before, end } },
  );

const refuseErrors = ({ topicErrors }: TopicErrors, tolerated: number): void => {
  const failed = topicErrors.find(({ errorCode }) => errorCode !== 0 && errorCode !== tolerated);
  if (failed) {
    throw new TransientFailure(
      'PLAYHEAD_LOG_UNAVAILABLE',
      `topic ${failed.topic}: error ${failed.errorCode} ${failed.errorMessage ?? ''}`.trimEnd(),
    );
  }
};
