import { Defect, messageOf, OwnershipLost, TransientFailure } from '#kernel';
import { AssignerProtocol } from 'kafkajs';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { JoinOptions, Membership, TopicPartition } from '../port';
import { assignPartitions, decodeOwned, encodeOwned, type PartitionsByTopic } from '../assigner';
import type { Cluster, ControlApi } from './cluster';
import { type Connection, destroyConnection, protocolErrorType, retrying, unavailable } from './connection';

const PROTOCOL = 'playhead-sticky';
const PROTOCOL_VERSION = 1;
const DEFAULT_SESSION_TIMEOUT_MS = 6_000;
const HEARTBEATS_PER_SESSION = 6;
const RETRY_PAUSE_MS = 100;
const FIRST_JOIN_TIMEOUT_MS = 20_000;
/** The broker answers a JoinGroup when all members have come, at the latest after the session timeout and its own first delay. */
const JOIN_GRACE_MS = 10_000;

/** The group goes on, this generation of it does not. */
const GENERATION_OVER = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);
const COORDINATOR_MOVED = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE']);

interface Joined {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { memberId: string; memberMetadata: Buffer }[];
}

/**
 * A member of a consumer group that reads nothing: eager protocol, own assigner. Heartbeats go on by themselves whatever
 * the process is busy with, as long as its event loop turns. JoinGroup may be held by the broker for seconds, so commits
 * have a connection of their own.
 */
export class KafkaMembership implements Membership {
  onEnd: () => void = () => undefined;
  private memberId = '';
  private generation = -1;
  private owned: PartitionsByTopic = {};
  private readonly connections: Partial<Record<'group' | 'commit', Connection>> = {};
  private lastAnswerAt = Date.now();
  private state: 'member' | 'left' | 'lost' = 'member';
  private interrupt = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  private constructor(
    private readonly cluster: Cluster,
    private readonly options: JoinOptions,
    private readonly isGone: (clientId: string) => boolean,
  ) {}

  /** Joins and waits for the first assignment. Rejects with TransientFailure, also when a topic does not exist yet. */
  static async join(
    cluster: Cluster,
    options: JoinOptions,
    isGone: (clientId: string) => boolean = () => false,
  ): Promise<KafkaMembership> {
    const membership = new KafkaMembership(cluster, options, isGone);
    try {
      await membership.partitionCounts(options.topics);
      await membership.dismissTheDead();
      while (!(await retrying(() => membership.joinOnce(), FIRST_JOIN_TIMEOUT_MS)))
        await pauseFor(RETRY_PAUSE_MS);
    } catch (error) {
      await membership.leave();
      throw unavailable(error, `group ${options.group}`);
    }
    membership.loop = membership.stay();
    return membership;
  }

  async commit(offsets: Parameters<Membership['commit']>[0]): Promise<void> {
    if (this.state !== 'member')
      throw new OwnershipLost(
        `this member has ${this.state === 'left' ? 'left' : 'lost'} group ${this.options.group}`,
      );
    const foreign = offsets.find(({ topic, partition }) => !this.owned[topic]?.includes(partition));
    if (foreign)
      throw new OwnershipLost(`${foreign.topic}:${foreign.partition} is not this member's (any more)`);
    const topics = [...new Set(offsets.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: offsets
        .filter((offset) => offset.topic === topic)
        .map(({ partition, offset, metadata }) => ({
          partition,
          offset: String(offset),
          metadata: metadata ?? '',
        })),
    }));
    try {
      await this.ask('commit', 'OffsetCommit', {
        ...this.identity(),
        groupGenerationId: this.generation,
        topics,
      });
    } catch (error) {
      if (GENERATION_OVER.has(protocolErrorType(error) ?? ''))
        throw new OwnershipLost(`commit: ${messageOf(error)}`, { cause: error });
      if (protocolErrorType(error) === 'OFFSET_METADATA_TOO_LARGE')
        throw new Defect('the metadata of a committed offset is too large', { cause: error });
      throw unavailable(error, `commit of group ${this.options.group}`);
    }
  }

  /** Tells the group at once, so that the others take over without waiting for the session to end. */
  async leave(): Promise<void> {
    if (this.state === 'left') return;
    const wasMember = this.state === 'member';
    this.state = 'left';
    this.interrupt.abort();
    try {
      // A JoinGroup may be in flight on the other connection; leaving ends it.
      if (wasMember && this.memberId) await this.ask('commit', 'LeaveGroup', this.identity());
    } catch {
      // The session timeout says the same a few seconds later.
    }
    for (const connection of Object.values(this.connections)) destroyConnection(connection);
    await this.loop;
    this.onEnd();
  }

  /**
   * Says goodbye for members whose process is known to have ended, so that their partitions move now and not when their session
   * is over. Should one be alive after all, it joins again; laws L2 and L3 make that harmless.
   */
  private async dismissTheDead(): Promise<void> {
    try {
      const answer = (await this.ask('commit', 'DescribeGroups', { groupIds: [this.options.group] })) as {
        groups: readonly { members: readonly { memberId: string; clientId: string }[] }[];
      };
      for (const { memberId, clientId } of answer.groups.flatMap(({ members }) => members)) {
        if (this.isGone(clientId))
          await this.ask('commit', 'LeaveGroup', { groupId: this.options.group, memberId });
      }
    } catch {
      // Their session timeout says the same a few seconds later.
    }
  }

  private identity(): { groupId: string; memberId: string } {
    return { groupId: this.options.group, memberId: this.memberId };
  }

  private get sessionTimeoutMs(): number {
    return this.options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
  }

  /** Heartbeats and rejoins until the member leaves or is lost. Nothing escapes from it. */
  private async stay(): Promise<void> {
    let rejoin = false;
    while (this.state === 'member') {
      try {
        if (rejoin) rejoin = !(await this.joinOnce());
        else {
          await this.pause(this.sessionTimeoutMs / HEARTBEATS_PER_SESSION);
          if (this.state !== 'member') return;
          await this.ask('group', 'Heartbeat', { ...this.identity(), groupGenerationId: this.generation });
        }
      } catch (error) {
        if (this.state !== 'member') return;
        const type = protocolErrorType(error) ?? '';
        if (GENERATION_OVER.has(type)) {
          this.options.listener.rebalancing();
          if (type === 'UNKNOWN_MEMBER_ID') this.memberId = '';
          rejoin = true;
        } else if (Date.now() - this.lastAnswerAt > 2 * this.sessionTimeoutMs) this.lose(error);
        else await this.pause(RETRY_PAUSE_MS);
      }
    }
  }

  private lose(error: unknown): void {
    this.state = 'lost';
    this.owned = {};
    for (const connection of Object.values(this.connections)) destroyConnection(connection);
    this.options.listener.lost(`no heartbeat for ${2 * this.sessionTimeoutMs} ms: ${messageOf(error)}`);
  }

  /** One round of JoinGroup and SyncGroup. False when the round was overtaken by the next one. */
  private async joinOnce(): Promise<boolean> {
    const { topics, listener } = this.options;
    try {
      const joined = await this.joinGroup();
      this.memberId = joined.memberId;
      const groupAssignment = joined.leaderId === joined.memberId ? await this.assignAll(joined) : [];
      const synced = (await this.ask('group', 'SyncGroup', {
        ...this.identity(),
        generationId: joined.generationId,
        groupAssignment,
      })) as {
        memberAssignment: Buffer;
      };
      if (this.state !== 'member') return true;
      const assignment = AssignerProtocol.MemberAssignment.decode(synced.memberAssignment)?.assignment ?? {};
      this.generation = joined.generationId;
      this.owned = assignment;
      listener.assigned(
        topics.flatMap((topic) =>
          (assignment[topic] ?? []).map((partition): TopicPartition => ({ topic, partition })),
        ),
      );
      return true;
    } catch (error) {
      const type = protocolErrorType(error) ?? '';
      if (!GENERATION_OVER.has(type)) throw error;
      if (type === 'UNKNOWN_MEMBER_ID') this.memberId = '';
      return false;
    }
  }

  private async joinGroup(): Promise<Joined> {
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: PROTOCOL_VERSION,
      topics: [...this.options.topics],
      userData: encodeOwned(this.generation, this.owned),
    });
    const request = {
      ...this.identity(),
      sessionTimeout: this.sessionTimeoutMs,
      rebalanceTimeout: this.sessionTimeoutMs,
      protocolType: 'consumer',
      groupProtocols: [{ name: PROTOCOL, metadata }],
    };
    const timeoutMs = this.sessionTimeoutMs + JOIN_GRACE_MS;
    try {
      return (await this.ask('group', 'JoinGroup', request, timeoutMs)) as Joined;
    } catch (error) {
      // The first answer to a newcomer is its id, with which it asks again (KIP-394).
      if (protocolErrorType(error) !== 'MEMBER_ID_REQUIRED') throw error;
      this.memberId = (error as { memberId: string }).memberId;
      return (await this.ask(
        'group',
        'JoinGroup',
        { ...request, memberId: this.memberId },
        timeoutMs,
      )) as Joined;
    }
  }

  /** The leader of the group decides for all. */
  private async assignAll({ members }: Joined): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const parsed = members.map(({ memberId, memberMetadata }) => {
      const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
      return { id: memberId, topics: metadata?.topics ?? [], ...decodeOwned(metadata?.userData ?? null) };
    });
    const counts = await this.partitionCounts([...new Set(parsed.flatMap(({ topics }) => topics))]);
    return [...assignPartitions(parsed, counts)].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: PROTOCOL_VERSION,
        assignment,
        userData: Buffer.alloc(0),
      }),
    }));
  }

  private async partitionCounts(topics: readonly string[]): Promise<Map<string, number>> {
    const found = await this.cluster.refresh(topics);
    const missing = this.options.topics.filter((topic) => !found.has(topic));
    if (missing.length > 0)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no topic ${missing.join(', ')} yet`);
    return new Map([...found].map(([topic, leaders]) => [topic, leaders.length]));
  }

  private async ask(
    lane: 'group' | 'commit',
    api: ControlApi,
    args: object,
    timeoutMs?: number,
  ): Promise<unknown> {
    let connection = this.connections[lane];
    if (!connection?.isConnected()) {
      connection = await this.cluster.openCoordinator(this.options.group);
      this.connections[lane] = connection;
    }
    try {
      const answer = await this.cluster.send(connection, api, args, { timeoutMs });
      if (lane === 'group') this.lastAnswerAt = Date.now();
      return answer;
    } catch (error) {
      const type = protocolErrorType(error);
      if (type === undefined || COORDINATOR_MOVED.has(type)) {
        destroyConnection(connection);
        delete this.connections[lane];
      } else if (lane === 'group') this.lastAnswerAt = Date.now();
      throw error;
    }
  }

  private async pause(ms: number): Promise<void> {
    await pauseFor(ms, undefined, { signal: this.interrupt.signal }).catch(() => undefined);
  }
}
