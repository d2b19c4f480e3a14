import {
  expectedPredictions,
  judge,
  readPrediction,
  type InboxPayment,
  type Judgement,
  type Prediction,
} from '../peer-check';
import { PEERS, type Favour, type Peer } from '../peers';
import type { Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { beginningOf, measureStretch, type Stretch } from '../stage/stretch';

export interface PeerStretch {
  readonly peer: string;
  readonly stretch: Stretch;
  readonly judgement: Judgement;
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

export interface RunningPeer {
  /** Its topic, below the namespace. */
  readonly output: string;
  readonly pid: number;
  readonly done: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface PeerStart {
  readonly peer: Peer;
  /** Nobody has used this name for the peer before. */
  readonly run: string;
  readonly count?: number;
  readonly favour?: Favour;
}

/** Begins a peer on the whole inbox. */
export const startPeer = async (
  { atEnd }: Pick<Workbench, 'atEnd'>,
  stage: Stage,
  { peer, run, count, favour }: PeerStart,
): Promise<RunningPeer> => {
  const name = `peer.${peer.name}.${run}`;
  const output = await preparePeerOutput(stage, name);
  const starting = peer.start({
    brokers: stage.endpoints.kafka.brokers,
    input: stage.topic(ROAD.inbox),
    output: stage.topic(output),
    modelFile: stage.modelFile,
    group: stage.topic(name),
    count,
    favour,
    workFolder: `${stage.dataDir}/${name}`,
  });
  // Also when the bench is ended while it starts.
  const stop = atEnd(() =>
    starting.then(
      (started) => started.stop(),
      () => undefined,
    ),
  );
  const started = await starting;
  return { output, pid: started.pid, done: started.done, stop };
};

/** As the platform makes its own topics. */
const preparePeerOutput = async (stage: Stage, name: string): Promise<string> => {
  const partitions = (await stage.ends(ROAD.inbox)).length;
  await stage.log.ensureTopics([{ name: stage.topic(name), partitions }]);
  return name;
};

/** What every payment in the inbox should get, by the platform's own libraries. */
export const expectedOf = async (stage: Stage): Promise<Map<string, Prediction>> => {
  const payments: InboxPayment[] = [];
  const partitions = await stage.ends(ROAD.inbox);
  for (const { partition, start } of partitions)
    for await (const { value } of stage.records(ROAD.inbox, partition, start))
      payments.push(JSON.parse(value!.toString()) as InboxPayment);
  return expectedPredictions(payments, partitions.length, stage.modelFile);
};

/** A peer over everything in the inbox; time from its first to its last output, which are then compared with what they should be. */
export const runPeer = async (
  bench: Workbench,
  stage: Stage,
  { peer, run, expected }: { peer: Peer; run: string; expected: ReadonlyMap<string, Prediction> },
): Promise<PeerStretch> => {
  bench.say(`${peer.name} over the same inbox`);
  const count = await stage.count(ROAD.inbox);
  const output = await preparePeerOutput(stage, `peer.${peer.name}.${run}`);
  let running: RunningPeer | undefined;
  const stretch = await measureStretch(stage, {
    first: output,
    last: output,
    count,
    start: async () => {
      running = await startPeer(bench, stage, { peer, run, count });
    },
    say: bench.say,
    besides: () => (running ? [{ name: peer.name, pid: running.pid }] : []),
    finished: () => running!.done,
  });
  await running!.stop();
  const outputs: Prediction[] = [];
  for await (const record of stage.since(output, beginningOf(await stage.ends(output))))
    outputs.push(readPrediction(record));
  return { peer: peer.name, stretch, judgement: judge(outputs, expected) };
};
