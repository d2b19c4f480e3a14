import type { Cluster } from './cluster';
import { unavailable } from './connection';
import type { LogDirs } from './log-dirs-protocol';

/** Bytes of each topic whose name begins so, on the leaders of its partitions: copies on other brokers are not counted. */
export const bytesOnDisk = async (cluster: Cluster, prefix: string): Promise<Map<string, number>> => {
  try {
    const leaders = await cluster.refresh(null);
    const bytes = new Map(
      [...leaders.keys()].filter((name) => name.startsWith(prefix)).map((name) => [name, 0]),
    );
    const nodes = new Set([...leaders.values()].flat().filter((node) => node >= 0));
    for (const node of nodes) {
      const answer = await cluster.send(await cluster.leaderConnection(node), 'DescribeLogDirs', {});
      for (const { topic, partitions } of (answer as LogDirs).dirs.flatMap(({ topics }) => topics)) {
        const before = bytes.get(topic);
        if (before === undefined) continue;
        const mine = partitions.filter(({ partition }) => leaders.get(topic)![partition] === node);
        bytes.set(
          topic,
          mine.reduce((sum, one) => sum + Number(one.bytes), before),
        );
      }
    }
    return bytes;
  } catch (error) {
    throw unavailable(error, 'sizes of topics');
  }
};
