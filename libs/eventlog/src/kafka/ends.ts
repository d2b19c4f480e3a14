import { TransientFailure } from '#kernel';
import type { PartitionEnds } from '../port';
import type { Cluster } from './cluster';
import { retrying, unavailable } from './connection';

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { partition: number; errorCode: number; offset: string }[];
  }[];
}

const EARLIEST = -2;
const LATEST = -1;
/** A leader that was only just elected does not know the end of its log for a moment. */
const PATIENCE_MS = 3_000;

/**
 * First offset of each partition, and the one past the last that a reader of committed records can get, from the leaders.
 * Rejects with TransientFailure.
 */
export const listOffsets = async (
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<PartitionEnds[]> => {
  let moved = false;
  const ask = async (): Promise<PartitionEnds[]> => {
    if (moved) await cluster.refresh([topic]);
    moved = true;
    return listOffsetsOnce(cluster, topic, partitions);
  };
  try {
    return await retrying(ask, PATIENCE_MS, () => true);
  } catch (error) {
    throw unavailable(error, `ends of ${topic}`);
  }
};

const listOffsetsOnce = async (
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<PartitionEnds[]> => {
  const byLeader = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = cluster.leader({ topic, partition });
    if (leader === undefined)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `${topic}:${partition} has no leader`);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
  }
  const ends = await Promise.all(
    [...byLeader].map(async ([leader, mine]) => {
      const connection = await cluster.leaderConnection(leader);
      const at = async (timestamp: number): Promise<Map<number, number>> => {
        const args = { topics: [{ topic, partitions: mine.map((partition) => ({ partition, timestamp })) }] };
        const answer = (await cluster.send(connection, 'ListOffsets', args)) as OffsetsAnswer;
        return new Map(
          answer.responses.flatMap((response) =>
            response.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
          ),
        );
      };
      const [starts, lasts] = await Promise.all([at(EARLIEST), at(LATEST)]);
      return mine.map((partition) => ({
        partition,
        start: starts.get(partition)!,
        end: lasts.get(partition)!,
      }));
    }),
  );
  return ends.flat().sort((a, b) => a.partition - b.partition);
};
