/** The packages for readers on a real broker: copies on the wire, and kills in the middle of the work. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EnvelopeTemplate, PredictionMade, encodeEvent } from '#contracts';
import type { EventLog, LogProducer, NewRecord } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { Rng } from '#kernel';
import { pythonWith } from '#localstack';
import { startCluster, type TestCluster } from '../libs/eventlog/src/kafka/testing/broker.testing';

const ROOT = resolve(__dirname, '..');
const TOPIC = 'clients.serving.predictions.fraud';
const PARTITIONS = 3;
const ROUNDS = 60;
const EACH = 40;
const DEADLINE_MS = 60_000;

let cluster: TestCluster;
let log: EventLog;
let python: string;
const folder = mkdtempSync(join(tmpdir(), 'playhead-clients-'));
const started: ChildProcess[] = [];

beforeAll(async () => {
  [cluster, python] = await Promise.all([
    startCluster(),
    pythonWith('reader', ['confluent-kafka==2.16.1'], (line) => process.stderr.write(`${line}\n`)),
  ]);
  log = createKafkaLog({ brokers: cluster.addresses, clientId: 'clients' });
  await log.ensureTopics([{ name: TOPIC, partitions: PARTITIONS }]);
  // As its own users build it: with its own settings, and nothing of the platform around.
  execFileSync(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(ROOT, 'clients/typescript'), '--outDir', join(folder, 'ts')],
  ]);
}, 240_000);

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await log?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const template = new EnvelopeTemplate({ type: PredictionMade.type, source: 'feature.vectors.fraud' });

/** Every tenth vector of a partition has no prediction: readers must not take ids for a count. */
const idsOf = (round: number): number[] =>
  Array.from({ length: EACH }, (_, index) => round * EACH + index).filter((offset) => offset % 10 !== 3);

const prediction = (partition: number, offset: number): NewRecord => {
  const id = `${partition}-${offset}`;
  return {
    topic: TOPIC,
    partition,
    key: `c-${offset % 7}`,
    value: encodeEvent(PredictionMade, {
      ...PredictionMade.sample,
      event_id: `tx-${id}`,
      output: { probability: (offset % 100) / 100 },
      decision: offset % 100 >= 50,
      vector: id,
    }),
    headers: template.headers(id, '2018-05-01T10:03:11.000Z'),
  };
};

/** Blocks of all partitions, one after the other; after some, a worker that was taken for dead writes an older block again. */
const writeAll = async (producer: LogProducer, rng: Rng): Promise<number> => {
  let copies = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const block = (r: number, partition: number): NewRecord[] =>
      idsOf(r).map((offset) => prediction(partition, offset));
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await producer.send(block(round, partition));
      if (rng.below(4) !== 0) continue;
      const again = block(Math.max(0, round - rng.below(3)), partition);
      copies += again.length;
      await producer.send(again);
    }
    await pause(40);
  }
  return copies;
};

const offsets = Array.from({ length: ROUNDS }, (_, round) => idsOf(round)).flat();
const ALL = offsets.length * PARTITIONS;
const POSITIVE = offsets.filter((offset) => offset % 100 >= 50).length * PARTITIONS;

interface Reader {
  start(): ChildProcess;
  /** Records that its own store holds. */
  count(): number;
}

const countDecisions = (): Reader => {
  const file = join(folder, 'counts.json');
  return {
    start: () =>
      run(
        process.execPath,
        [join(folder, 'ts/example/count-decisions.js'), cluster.addresses.join(','), TOPIC, file],
        { NODE_PATH: join(ROOT, 'node_modules') },
      ),
    count: () => Object.values(countsOf(file)).reduce((sum, n) => sum + n, 0),
  };
};

const countsOf = (file: string): Record<string, number> =>
  existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { counts: Record<string, number> }).counts
    : {};

const DATABASE = join(folder, 'predictions.db');

const query = (sql: string): number[] =>
  JSON.parse(
    execFileSync(
      python,
      [
        '-c',
        'import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()))',
        DATABASE,
        sql,
      ],
      { stdio: 'pipe' },
    ).toString(),
  ) as number[];

const storePredictions = (): Reader => ({
  start: () =>
    run(
      python,
      [
        join(ROOT, 'clients/python/example/store_predictions.py'),
        ...[cluster.addresses.join(','), TOPIC, DATABASE],
      ],
      { PYTHONPATH: join(ROOT, 'clients/python/src') },
    ),
  count: () => {
    try {
      return query('SELECT count(*) FROM predictions')[0]!;
    } catch {
      return 0; // The tables are not there yet.
    }
  },
});

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess => {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  return child;
};

/** Waits until the reader's store holds so many records; it must not end before. */
const until = async (reader: Reader, child: ChildProcess, atLeast: number): Promise<void> => {
  for (const deadline = Date.now() + DEADLINE_MS; reader.count() < atLeast; await pause(50)) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(
        `the reader ${child.exitCode === null ? 'is at' : 'ended at'} ${reader.count()} of ${ALL}`,
      );
  }
};

/** Killed twice on the way, and once when all is read: then it begins anew and must find nothing to do. */
const readOverCrashes = async (reader: Reader): Promise<void> => {
  for (const part of [0.2, 0.6, 1, 1]) {
    const child = reader.start();
    await until(reader, child, Math.floor(ALL * part));
    if (part === 1) await pause(500);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
};

it('give each prediction once, over copies on the wire and kills', async () => {
  const producer = log.producer();
  const readers = [countDecisions(), storePredictions()];
  const [copies] = await Promise.all([
    writeAll(producer, new Rng(11)),
    ...readers.map((reader) => readOverCrashes(reader)),
  ]);
  await producer.close();
  expect(copies).toBeGreaterThan(500);
  expect(await log.ends(TOPIC).then((ends) => ends.reduce((sum, { end }) => sum + end, 0))).toBe(
    ALL + copies,
  );
  expect(countsOf(join(folder, 'counts.json'))).toEqual({ false: ALL - POSITIVE, true: POSITIVE });
  expect(query('SELECT count(*), count(DISTINCT id), sum(decision) FROM predictions')).toEqual([
    ALL,
    ALL,
    POSITIVE,
  ]);
}, 240_000);

it('pass the cases that both packages share, in Python', () => {
  execFileSync(python, ['-m', 'unittest', 'discover', '-s', join(ROOT, 'clients/python/tests')], {
    stdio: 'pipe',
  });
});
