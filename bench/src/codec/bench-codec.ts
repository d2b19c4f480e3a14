/**
 * Record codec and log adapter beside kafkajs as it is: the same records through the same broker, in turns, each time in a new process
 * (bench/README.md).
 */
import { createKafkaLog } from '#eventlog/kafka';
import { join } from 'node:path';
import { runClient } from '../run-client';
import { PARTITIONS, type Direction, type Errand, type Outcome } from './workload';

export const CODEC_CLIENTS = ['playhead', 'kafkajs'] as const;
export type CodecClient = (typeof CODEC_CLIENTS)[number];

export interface BenchCodecOptions {
  readonly brokers: readonly string[];
  /** Prefix of its topics, which it removes. */
  readonly namespace: string;
  /** Of each process behind its warm-up. */
  readonly records?: number;
  readonly repeats?: number;
  readonly say?: (line: string) => void;
}

export interface CodecFigures {
  readonly recordsPerSecond: number;
  readonly cpuMicrosPerRecord: number;
}

export interface CodecRow {
  readonly direction: Direction;
  /** Medians over the repeats. */
  readonly playhead: CodecFigures;
  readonly kafkajs: CodecFigures;
  /** Median over the repeats of playhead's rate by kafkajs's in the same turn. */
  readonly rateRatio: number;
  /** The same of kafkajs's CPU time a record by playhead's. */
  readonly cpuRatio: number;
  readonly turns: readonly Readonly<Record<CodecClient, CodecFigures>>[];
}

export interface CodecResult {
  readonly records: number;
  readonly repeats: number;
  readonly rows: readonly CodecRow[];
}

const WARM_UP = 50_000;
const LONGEST_RUN_MS = 180_000;

export const benchCodec = async (options: BenchCodecOptions): Promise<CodecResult> => {
  const { brokers, namespace, records = 200_000, repeats = 3, say = () => undefined } = options;
  const log = createKafkaLog({ brokers, clientId: 'bench-codec' });
  const topics: Record<Direction, string> = {
    produce: `${namespace}.codec.produced`,
    consume: `${namespace}.codec.consumed`,
  };
  const names = Object.values(topics);
  try {
    await log.ensureTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
    const errand = (direction: Direction, turn: string): Errand => ({
      direction,
      brokers,
      topic: topics[direction],
      group: `${namespace}.codec.${turn}`,
      warmUp: WARM_UP,
      records,
    });
    say(`codec: ${WARM_UP + records} records for the consumers`);
    await runCodecClient('playhead', { ...errand('consume', 'fill'), direction: 'produce' });
    const rows: CodecRow[] = [];
    for (const direction of ['produce', 'consume'] as const) {
      const turns: Record<CodecClient, CodecFigures>[] = [];
      for (let turn = 0; turn < repeats; turn++) {
        const outcomes: Partial<Record<CodecClient, Outcome>> = {};
        // Who goes first changes from turn to turn.
        for (const client of turn % 2 === 0 ? CODEC_CLIENTS : CODEC_CLIENTS.toReversed())
          outcomes[client] = await runCodecClient(
            client,
            errand(direction, `${direction}.${client}.${turn}`),
          );
        const { playhead, kafkajs } = outcomes as Record<CodecClient, Outcome>;
        if (direction === 'produce' && playhead.bytes !== kafkajs.bytes)
          throw new Error(`the clients did different work: ${playhead.bytes} and ${kafkajs.bytes} bytes`);
        turns.push({ playhead: figuresOf(playhead), kafkajs: figuresOf(kafkajs) });
        say(`codec: ${direction}, turn ${turn + 1} of ${repeats}: ${textOf(turns.at(-1)!)}`);
      }
      rows.push(rowOf(direction, turns));
    }
    return { records, repeats, rows };
  } finally {
    await log.deleteTopics(names).catch(() => undefined);
    await log.close();
  }
};

const runCodecClient = (client: CodecClient, errand: Errand): Promise<Outcome> =>
  runClient(join(__dirname, `${client}-client.js`), errand, LONGEST_RUN_MS);

const figuresOf = ({ records, ms, cpuMicros }: Outcome): CodecFigures => ({
  recordsPerSecond: (1_000 * records) / ms,
  cpuMicrosPerRecord: cpuMicros / records,
});

const rowOf = (direction: Direction, turns: CodecRow['turns']): CodecRow => {
  const figures = (client: CodecClient): CodecFigures => ({
    recordsPerSecond: median(turns.map((turn) => turn[client].recordsPerSecond)),
    cpuMicrosPerRecord: median(turns.map((turn) => turn[client].cpuMicrosPerRecord)),
  });
  return {
    direction,
    playhead: figures('playhead'),
    kafkajs: figures('kafkajs'),
    rateRatio: median(
      turns.map(({ playhead, kafkajs }) => playhead.recordsPerSecond / kafkajs.recordsPerSecond),
    ),
    cpuRatio: median(
      turns.map(({ playhead, kafkajs }) => kafkajs.cpuMicrosPerRecord / playhead.cpuMicrosPerRecord),
    ),
    turns,
  };
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const textOf = (turn: Readonly<Record<CodecClient, CodecFigures>>): string =>
  CODEC_CLIENTS.map(
    (client) =>
      `${client} ${Math.round(turn[client].recordsPerSecond).toLocaleString('en')}/s, ${turn[client].cpuMicrosPerRecord.toFixed(1)} us`,
  ).join('; ');
