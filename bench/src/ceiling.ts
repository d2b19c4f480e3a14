/**
 * What the broker takes and gives at most: Kafka's own perf tools in Java, and the log adapter with the same records in the same
 * minute, in turns, each time in a new process.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKafkaLog } from '#eventlog/kafka';
import { Defect } from '#kernel';
import { kafkaJars } from '#localstack';
import type { CeilingErrand } from './ceiling-client';
import { runClient } from './run-client';
import { PARTITIONS, type Direction } from './codec/workload';

export interface CeilingOptions {
  readonly brokers: readonly string[];
  /** Of each run, behind the producers' warm-up. */
  readonly records?: number;
  readonly repeats?: number;
  readonly say?: (line: string) => void;
}

export interface CeilingTurn {
  readonly direction: Direction;
  /** Records/s of Kafka's own tool. */
  readonly kafka: number;
  /** Records/s of the log adapter. */
  readonly playhead: number;
}

export interface CeilingResult {
  readonly records: number;
  readonly valueBytes: number;
  readonly turns: readonly CeilingTurn[];
}

const VALUE_BYTES = 150;
const LONGEST_RUN_MS = 300_000;

interface Run {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly records: number;
  readonly libs: string;
}

export const benchCeiling = async (options: CeilingOptions): Promise<CeilingResult> => {
  const { brokers, records = 2_000_000, repeats = 3, say = () => undefined } = options;
  const libs = await kafkaJars(process.env, say);
  const log = createKafkaLog({ brokers, clientId: 'bench-ceiling' });
  const topic = `ceiling-${randomUUID()}`;
  await log.ensureTopics([{ name: topic, partitions: PARTITIONS }]);
  const run: Run = { brokers, topic, records, libs };
  const turns: CeilingTurn[] = [];
  try {
    for (let repeat = 0; repeat < repeats; repeat++)
      for (const direction of ['produce', 'consume'] as const) {
        const turn = await measureTurn(direction, run, repeat % 2 === 0);
        say(`ceiling: ${direction}, turn ${repeat + 1} of ${repeats}: ${textOf(turn)}`);
        turns.push(turn);
      }
    return { records, valueBytes: VALUE_BYTES, turns };
  } finally {
    await log.deleteTopics([topic]).catch(() => undefined);
    await log.close();
  }
};

/** Who goes first changes from turn to turn. */
const measureTurn = async (direction: Direction, run: Run, kafkaFirst: boolean): Promise<CeilingTurn> => {
  const measured = kafkaFirst ? await KAFKA_TOOLS[direction](run) : undefined;
  const playhead = await playheadRate(direction, run);
  return { direction, kafka: measured ?? (await KAFKA_TOOLS[direction](run)), playhead };
};

const playheadRate = async (direction: Direction, run: Run): Promise<number> => {
  const { brokers, topic, records } = run;
  const errand: CeilingErrand = {
    direction,
    brokers,
    topic,
    group: '',
    warmUp: direction === 'produce' ? warmUpOf(records) : 0,
    records,
    valueBytes: VALUE_BYTES,
  };
  const outcome = await runClient(join(__dirname, 'ceiling-client.js'), errand, LONGEST_RUN_MS);
  return (1_000 * outcome.records) / outcome.ms;
};

/** Before the producers' clocks start; a cold JVM is no ceiling. Kafka's consumer tool knows no warm-up, so neither consumer has one. */
const warmUpOf = (records: number): number => Math.ceil(records / 4);

const runTool = async (libs: string, tool: string, args: readonly string[]): Promise<string> => {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const { stdout } = await promisify(execFile)(
    'java',
    [quiet, '-cp', `${libs}/*`, `org.apache.kafka.tools.${tool}`, ...args],
    { timeout: LONGEST_RUN_MS, maxBuffer: 16 * 1024 * 1024 },
  );
  return stdout;
};

/** Records/s by the tools' own clocks. */
const KAFKA_TOOLS: Readonly<Record<Direction, (run: Run) => Promise<number>>> = {
  produce: async ({ brokers, topic, records, libs }) => {
    const warmUp = warmUpOf(records);
    const output = await runTool(libs, 'ProducerPerformance', [
      ...['--bootstrap-server', brokers.join(',')],
      ...['--topic', topic],
      ...['--num-records', String(records + warmUp)],
      ...['--warmup-records', String(warmUp)],
      ...['--throughput', '-1'],
      ...['--record-size', String(VALUE_BYTES)],
      ...['--command-property', 'acks=all', 'batch.size=262144', 'buffer.memory=67108864'],
    ]);
    return rateIn(output, /steady state records sent, ([\d.]+) records\/sec/);
  },
  // The last column: without the time that the group took to come together.
  consume: async ({ brokers, topic, records, libs }) => {
    const output = await runTool(libs, 'ConsumerPerformance', [
      ...['--bootstrap-server', brokers.join(',')],
      ...['--topic', topic],
      ...['--num-records', String(records)],
      '--hide-header',
    ]);
    return rateIn(output, /,\s*([\d.]+)\s*$/);
  },
};

const rateIn = (output: string, pattern: RegExp): number => {
  const rate = Number(pattern.exec(output)?.[1]);
  if (!(rate > 0)) throw new Defect(`Kafka's perf tool said no rate:\n${output.slice(-2000)}`);
  return rate;
};

const textOf = ({ kafka, playhead }: CeilingTurn): string =>
  `Kafka's tool ${Math.round(kafka).toLocaleString('en-US')}/s, playhead ${Math.round(playhead).toLocaleString('en-US')}/s`;
