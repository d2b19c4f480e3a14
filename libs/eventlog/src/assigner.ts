/**
 * Who gets which partitions of a consumer group. Pure. The guarantees:
 * - co-partitioned: partition p of every topic goes to the same member;
 * - balanced: the numbers of such p of any two members differ by one at most;
 * - sticky: a member keeps what it has, as far as balance allows, so that its state stays where it is.
 * kafkajs has round-robin only, which is none of the three after a rebalance.
 */

export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** What the member had before this rebalance, and in which generation of the group. */
  readonly generation: number;
  readonly owned: PartitionsByTopic;
}

export type PartitionsByTopic = Readonly<Record<string, readonly number[]>>;

/**
 * Gives each member its partitions, all members named. `partitionCounts` has every topic that exists.
 * Where members subscribe to different topics (a group half-way through an upgrade), those that know all topics share
 * everything and the others get nothing; only when no member knows all, each topic is shared among those that know it.
 */
export const assignPartitions = (
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, Record<string, number[]>> => {
  const assignment = new Map<string, Record<string, number[]>>(members.map(({ id }) => [id, {}]));
  const topics = [...new Set(members.flatMap((member) => member.topics))]
    .filter((topic) => partitionCounts.has(topic))
    .sort();
  const complete = members.filter((member) => topics.every((topic) => member.topics.includes(topic)));
  const shares =
    complete.length > 0
      ? [{ topics, members: complete }]
      : topics.map((topic) => ({ topics: [topic], members: knowing(members, topic) }));
  for (const share of shares) {
    const count = Math.max(0, ...share.topics.map((topic) => partitionCounts.get(topic)!));
    for (const [id, partitions] of shareOut(share.members, share.topics, count)) {
      for (const topic of share.topics) {
        const mine = partitions.filter((partition) => partition < partitionCounts.get(topic)!);
        if (mine.length > 0) assignment.get(id)![topic] = mine;
      }
    }
  }
  return assignment;
};

const knowing = (members: readonly GroupMember[], topic: string): GroupMember[] =>
  members.filter((member) => member.topics.includes(topic));

/** Shares 0 .. count-1 out among members. */
const shareOut = (
  members: readonly GroupMember[],
  topics: readonly string[],
  count: number,
): Map<string, number[]> => {
  const owners = previousOwners(members, topics, count);
  const kept = new Map<string, number[]>(members.map(({ id }) => [id, []]));
  owners.forEach((owner, partition) => owner !== undefined && kept.get(owner)!.push(partition));

  // The larger shares go to those who have most, so that the fewest partitions move.
  const order = members
    .map(({ id }) => id)
    .sort((a, b) => kept.get(b)!.length - kept.get(a)!.length || (a < b ? -1 : 1));
  const floor = Math.floor(count / members.length);
  const larger = count % members.length;
  const free = owners.flatMap((owner, partition) => (owner === undefined ? [partition] : []));
  const quota = (rank: number): number => floor + (rank < larger ? 1 : 0);
  order.forEach((id, rank) => free.push(...kept.get(id)!.splice(quota(rank))));
  free.sort((a, b) => a - b);
  order.forEach((id, rank) => {
    const mine = kept.get(id)!;
    mine.push(...free.splice(0, quota(rank) - mine.length));
    mine.sort((a, b) => a - b);
  });
  return kept;
};

/** The last owner of each partition number; where two claim it, the one of the newer generation (the other slept through a rebalance). */
const previousOwners = (
  members: readonly GroupMember[],
  topics: readonly string[],
  count: number,
): (string | undefined)[] => {
  const owners: (GroupMember | undefined)[] = new Array<GroupMember | undefined>(count).fill(undefined);
  for (const member of [...members].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    for (const partition of new Set(topics.flatMap((topic) => member.owned[topic] ?? []))) {
      const rival = owners[partition];
      if (partition < count && (!rival || rival.generation < member.generation)) owners[partition] = member;
    }
  }
  return owners.map((owner) => owner?.id);
};

const EMPTY_OWNED: PartitionsByTopic = {};

/** The part of a member's subscription that carries what it has, for the leader of the next rebalance. */
export const encodeOwned = (generation: number, owned: PartitionsByTopic): Buffer =>
  Buffer.from(JSON.stringify({ generation, owned }), 'utf8');

/** Reads it back; what cannot be read (a foreign member) owned nothing. */
export const decodeOwned = (bytes: Buffer | null): { generation: number; owned: PartitionsByTopic } => {
  try {
    const { generation, owned } = JSON.parse(bytes?.toString('utf8') || '{}') as {
      generation?: unknown;
      owned?: unknown;
    };
    if (typeof generation === 'number' && isPartitionsByTopic(owned)) return { generation, owned };
  } catch {
    // not ours
  }
  return { generation: -1, owned: EMPTY_OWNED };
};

const isPartitionsByTopic = (value: unknown): value is PartitionsByTopic =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (list) =>
      Array.isArray(list) &&
      list.every((partition) => Number.isInteger(partition) && (partition as number) >= 0),
  );
