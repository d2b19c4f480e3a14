import { PEERS, type Peer } from '../peers';
import type { Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { measureStretch, type Stretch } from '../stage/stretch';

export interface PeerStretch {
  readonly peer: string;
  readonly stretch: Stretch;
}

/** Those that could be built; a machine without Maven or pip measures the rest, and it is said. */
export const buildPeers = async ({ withoutPeers, say }: Workbench): Promise<Peer[]> => {
  const built: Peer[] = [];
  if (withoutPeers) return built;
  for (const peer of PEERS) {
    try {
      await peer.build(say);
      built.push(peer);
    } catch (error) {
      say(`!! ${peer.name} is not measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return built;
};

/** Begins a peer on the whole inbox, under a name that nobody has used. */
export const startPeer = async (
  { atEnd }: Pick<Workbench, 'atEnd'>,
  stage: Stage,
  peer: Peer,
  run: string,
  count?: number,
): Promise<{ readonly output: string; readonly pid: number; readonly stop: () => Promise<void> }> => {
  const name = `peer.${peer.name}.${run}`;
  const output = await preparePeerOutput(stage, name);
  const started = await peer.start({
    brokers: stage.endpoints.kafka.brokers,
    input: stage.topic(ROAD.inbox),
    output: stage.topic(output),
    modelFile: stage.modelFile,
    group: stage.topic(name),
    count,
    workFolder: `${stage.dataDir}/${name}`,
  });
  const stop = atEnd(() => started.stop());
  return { output, pid: started.pid, stop };
};

/** As the platform makes its own topics. */
const preparePeerOutput = async (stage: Stage, name: string): Promise<string> => {
  const partitions = (await stage.ends(ROAD.inbox)).length;
  await stage.log.ensureTopics([{ name: stage.topic(name), partitions }]);
  return name;
};

/** A peer over everything in the inbox; time from its first to its last output. */
export const runPeer = async (
  bench: Workbench,
  stage: Stage,
  peer: Peer,
  run: string,
): Promise<PeerStretch> => {
  bench.say(`${peer.name} over the same inbox`);
  const count = await stage.count(ROAD.inbox);
  const name = await preparePeerOutput(stage, `peer.${peer.name}.${run}`);
  let stop = (): Promise<void> => Promise.resolve();
  const pids: { name: string; pid: number }[] = [];
  const stretch = await measureStretch(stage, {
    first: name,
    last: name,
    count,
    start: async () => {
      const started = await startPeer(bench, stage, peer, run, count);
      pids.push({ name: peer.name, pid: started.pid });
      stop = started.stop;
    },
    say: bench.say,
    besides: () => pids,
  });
  await stop();
  return { peer: peer.name, stretch };
};
