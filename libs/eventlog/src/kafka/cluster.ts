import { Defect, TransientFailure } from '#kernel';
import { requests } from 'kafkajs/src/protocol/requests';
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys';
import type { TopicPartition } from '../port';
import {
  type BrokerAddress,
  type Connection,
  type ConnectionSettings,
  destroyConnection,
  openConnection,
  prepare,
  protocolErrorType,
  retrying,
  unavailable,
} from './connection';
import { DESCRIBE_LOG_DIRS } from './log-dirs-protocol';

/** Requests of the control path, which kafkajs writes and reads for us but for the last one. */
export type ControlApi =
  | 'ApiVersions'
  | 'Metadata'
  | 'ListOffsets'
  | 'CreateTopics'
  | 'DeleteTopics'
  | 'DescribeConfigs'
  | 'AlterConfigs'
  | 'GroupCoordinator'
  | 'InitProducerId'
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'DescribeGroups'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'DeleteRecords'
  | 'DescribeLogDirs';

type ApiVersions = Readonly<Record<number, { minVersion: number; maxVersion: number }>>;

interface MetadataAnswer {
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topicMetadata: readonly {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: readonly { partitionErrorCode: number; partitionId: number; leader: number }[];
  }[];
}

const UNKNOWN_TOPIC = 3;
const NO_LEADER = -1;

/**
 * What is known of the brokers: where they are and which one leads each partition. It holds one connection for control
 * requests; readers, writers and members open their own, so that a long poll never holds up anybody else.
 */
export class Cluster {
  private readonly seeds: readonly BrokerAddress[];
  private nodes = new Map<number, BrokerAddress>();
  private readonly leadersByTopic = new Map<string, readonly number[]>();
  private versions: ApiVersions | undefined;
  private readonly control = new SharedConnection(() => this.openAny());
  private readonly toLeaders = new Map<number, SharedConnection>();
  private nextSeed = 0;

  constructor(
    brokers: readonly string[],
    private readonly settings: ConnectionSettings,
  ) {
    this.seeds = brokers.map(parseAddress);
  }

  get requestTimeoutMs(): number {
    return this.settings.requestTimeoutMs;
  }

  /** Sends a control request over a connection; kafkajs's protocol errors come through, everything else is TransientFailure. */
  async send(
    connection: Connection,
    api: ControlApi,
    args: object,
    options: { parse?: boolean; timeoutMs?: number } = {},
  ): Promise<unknown> {
    const { request, response, ...rest } = this.protocol(api)(args);
    const reader =
      options.parse === false
        ? { decode: response.decode, parse: async (data: unknown) => Promise.resolve(data) }
        : response;
    try {
      return await connection.send({
        request,
        response: reader,
        ...rest,
        logResponseError: false,
        ...(options.timeoutMs ? { requestTimeout: options.timeoutMs } : {}),
      });
    } catch (error) {
      if (protocolErrorType(error) !== undefined) throw error;
      // It may hang with the broker behind it: the next request opens another.
      destroyConnection(connection);
      throw unavailable(error);
    }
  }

  /** Sends a control request to any broker. */
  async ask(
    api: ControlApi,
    args: object,
    options: { parse?: boolean; timeoutMs?: number } = {},
  ): Promise<unknown> {
    return this.send(await this.anyConnection(), api, args, options);
  }

  /** Fetches metadata of some topics, or of all (null); unknown topics are absent from the answer. Topic name to leader of each partition. */
  async refresh(topics: readonly string[] | null): Promise<Map<string, readonly number[]>> {
    if (topics?.length === 0) return new Map();
    const answer = (await this.ask(
      'Metadata',
      { topics: topics ?? [], allowAutoTopicCreation: false },
      { parse: false },
    )) as MetadataAnswer;
    this.nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    const found = new Map<string, readonly number[]>();
    for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      if (topicErrorCode === UNKNOWN_TOPIC || partitionMetadata.length === 0)
        this.leadersByTopic.delete(topic);
      else found.set(topic, leadersOf(partitionMetadata));
    }
    for (const [topic, leaders] of found) this.leadersByTopic.set(topic, leaders);
    return found;
  }

  /** The leader as last heard of, or undefined: then `refresh`. */
  leader({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.leadersByTopic.get(topic)?.[partition];
    return leader === undefined || leader === NO_LEADER || !this.nodes.has(leader) ? undefined : leader;
  }

  /** A new connection to a broker, which belongs to the caller. */
  async open(nodeId: number): Promise<Connection> {
    const address = this.nodes.get(nodeId);
    if (!address)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `broker ${nodeId} is not known (any more)`);
    await this.anyConnection(); // so that the versions are known
    return openConnection(address, this.settings, this.versions);
  }

  /** A new connection to the coordinator of a group, which belongs to the caller. */
  async openCoordinator(group: string): Promise<Connection> {
    try {
      // The first question of all makes the broker create the topic of the groups, which takes a moment.
      const ask = (): Promise<unknown> =>
        this.ask('GroupCoordinator', { groupId: group, coordinatorType: 0 });
      const { coordinator } = (await retrying(ask, this.settings.requestTimeoutMs)) as {
        coordinator: BrokerAddress;
      };
      return await openConnection(
        { host: coordinator.host, port: coordinator.port },
        this.settings,
        this.versions,
      );
    } catch (error) {
      throw unavailable(error, `coordinator of group ${group}`);
    }
  }

  /** A connection to a broker for control requests, shared. */
  leaderConnection(nodeId: number): Promise<Connection> {
    let shared = this.toLeaders.get(nodeId);
    if (!shared) this.toLeaders.set(nodeId, (shared = new SharedConnection(() => this.open(nodeId))));
    return shared.get();
  }

  close(): void {
    for (const shared of [this.control, ...this.toLeaders.values()]) shared.close();
  }

  private anyConnection(): Promise<Connection> {
    return this.control.get();
  }

  /** Tries every broker that is known once, and the ones that were configured. */
  private async openAny(): Promise<Connection> {
    const start = this.nextSeed++;
    const seeds = this.seeds.map((_, index) => this.seeds[(start + index) % this.seeds.length]!);
    let failure: unknown;
    for (const address of [...seeds, ...this.nodes.values()]) {
      let connection: Connection | undefined;
      try {
        connection = await openConnection(address, this.settings);
        this.versions ??= await apiVersions(connection);
        await prepare(connection, this.versions);
        return connection;
      } catch (error) {
        destroyConnection(connection);
        failure = error;
      }
    }
    throw unavailable(failure);
  }

  private protocol(api: ControlApi): ReturnType<(typeof requests)[string]['protocol']> {
    const definition = api === 'DescribeLogDirs' ? DESCRIBE_LOG_DIRS : requests[api];
    const range = this.versions?.[apiKeys[api] ?? -1];
    if (!definition || !range) throw new Defect(`the broker does not offer ${api}`);
    return definition.protocol({
      version: Math.min(range.maxVersion, Math.max(...definition.versions.map(Number))),
    });
  }
}

/** One connection for many: opened when it is first needed, and again when it is gone. */
class SharedConnection {
  private opening: Promise<Connection> | undefined;
  private closed = false;

  constructor(private readonly open: () => Promise<Connection>) {}

  async get(): Promise<Connection> {
    for (;;) {
      if (this.closed) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the log was closed');
      const opening = (this.opening ??= this.open());
      try {
        const connection = await opening;
        if (connection.isConnected()) return connection;
        if (this.opening === opening) this.opening = undefined;
      } catch (error) {
        if (this.opening === opening) this.opening = undefined;
        throw error;
      }
    }
  }

  close(): void {
    this.closed = true;
    void this.opening?.then(destroyConnection, () => undefined);
  }
}

const apiVersions = async (connection: Connection): Promise<ApiVersions> => {
  const { request, response } = requests['ApiVersions']!.protocol({ version: 2 })({});
  const answer = (await connection.send({ request, response })) as {
    apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[];
  };
  return Object.fromEntries(
    answer.apiVersions.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { minVersion, maxVersion }]),
  );
};

const leadersOf = (partitions: readonly { partitionId: number; leader: number }[]): number[] => {
  const leaders: number[] = new Array<number>(partitions.length).fill(NO_LEADER);
  for (const { partitionId, leader } of partitions) leaders[partitionId] = leader;
  return leaders;
};

const parseAddress = (address: string): BrokerAddress => {
  const colon = address.lastIndexOf(':');
  return {
    host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(address.slice(colon + 1)),
  };
};
