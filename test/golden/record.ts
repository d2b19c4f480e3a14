/**
 * Records the golden log of this release: `npm run golden:record`. Starts the local stack and all services, streams a few hundred
 * payments of our own making with everything that can go wrong among them, trains two versions and lets both serve, and writes down
 * every topic and artifact.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openArtifactStore } from '#artifacts';
import { TOPICS, qualify, type CompiledStream } from '#contracts';
import { readConservation, readTopic, type EventLog, type LogRecord } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { partitionOf } from '#kernel';
import { fetchDefinition } from '../../cli/src/definitions';
import { ControlPlane } from '../../cli/src/demo/control-plane';
import { simulateFraud, type Occurrence, type Payment } from '../../cli/src/demo/fraud-simulator';
import { PipelineWatch } from '../../cli/src/demo/pipeline-watch';
import { startPlatform, stopPlatform, type Platform } from '../../cli/src/platform/platform';
import { StreamWriter } from '../../cli/src/produce/stream-writer';
import { GOLDEN, packArtifacts, packLog } from './golden-log';

/** Compiled, this file lies in dist/test/golden. */
const ROOT = resolve(__dirname, '..', '..', '..');
const HERE = join(ROOT, 'test', 'golden');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const STREAMS = ['transactions', 'fraud-labels'] as const;
const HOUR_MS = 3_600_000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const OCCURRENCES: readonly Occurrence[] = [
  ...simulateFraud({
    seed: 3,
    customers: 7,
    terminals: 12,
    days: 24,
    start: Date.UTC(2026, 0, 1),
    labelDelayDays: 2,
  }),
];

const earlier = (payment: Payment, hours: number, id: string): Payment => ({
  ...payment,
  transaction_id: id,
  event_time: new Date(Date.parse(payment.event_time) - hours * HOUR_MS).toISOString(),
});

/** What can go wrong, by the number of the occurrence behind which it is sent. */
const MISHAPS: Readonly<Record<number, (payment: Payment) => string>> = {
  60: (payment) => JSON.stringify(payment), // sent twice
  90: (payment) => JSON.stringify(earlier(payment, 10, 'late')),
  110: (payment) => JSON.stringify(earlier(payment, 300, 'too-late')),
  130: (payment) => JSON.stringify({ ...payment, transaction_id: 'negative', amount: -3 }),
  150: () => '{"not JSON',
  170: (payment) => JSON.stringify({ ...payment, transaction_id: 'moved' }), // in the wrong partition
  350: (payment) => JSON.stringify(earlier(payment, 20, 'late-again')),
};

class Recording {
  private readonly control: ControlPlane;
  private readonly watch: PipelineWatch;
  private writers = new Map<string, StreamWriter>();
  private sent = 0;

  constructor(
    private readonly platform: Platform,
    readonly log: EventLog,
  ) {
    this.control = new ControlPlane(platform, 'golden');
    this.watch = new PipelineWatch(log, GOLDEN, say);
  }

  async begin(): Promise<void> {
    await this.control.apply(join(HERE, 'project.yaml'));
    for (const name of STREAMS) {
      const stream = await fetchDefinition<CompiledStream>(this.platform.url('registry'), 'Stream', name);
      this.writers.set(name, await StreamWriter.open(this.log, GOLDEN, stream));
    }
  }

  /** Sends the occurrences up to a share of all, and waits until they have come through. */
  async stream(share: number): Promise<void> {
    for (; this.sent < OCCURRENCES.length * share; this.sent++) {
      const { stream, event } = OCCURRENCES[this.sent]!;
      await this.writers.get(stream)!.write(event as unknown as Record<string, unknown>);
      const mishap = MISHAPS[this.sent];
      if (!mishap) continue;
      // Where it stands among the others is part of what is recorded.
      for (const writer of this.writers.values()) await writer.settle();
      const payment = OCCURRENCES.slice(0, this.sent + 1).findLast((one) => one.stream === 'transactions')!
        .event as Payment;
      await this.sendRaw(payment, mishap(payment));
    }
    for (const writer of this.writers.values()) await writer.settle();
    await this.settled();
  }

  /** Every record of the inbox has its outcome, a moved one that of its copy, and every payment its vector. */
  private async settled(): Promise<void> {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
      const open = await Promise.all(
        STREAMS.map((stream) => readConservation(this.log, GOLDEN, stream).then(({ ok }) => !ok)),
      );
      const due = await this.watch.count(TOPICS.observations('transactions'));
      if (!open.includes(true) && (await this.vectors()) >= due) return;
    }
    throw new Error('not everything came through within a minute');
  }

  /** Trains, promotes, and waits until it serves. */
  async trainAndServe(): Promise<void> {
    const made = await this.control.train('fraud', say);
    if (!made.passed) throw new Error(`fraud@${made.version} did not pass its gates; change the simulation`);
    await this.control.promote('fraud', made.version, 'champion');
    await this.control.untilServing('fraud', say);
  }

  /** A wish that is refused is a fact, too. */
  async wishInVain(): Promise<void> {
    await this.control.promote('fraud', 99, 'champion').then(
      () => Promise.reject(new Error('a version that does not exist got an alias')),
      () => undefined,
    );
  }

  async scored(vectorsBefore: number): Promise<void> {
    await this.watch.scored('fraud', 'fraud', vectorsBefore);
  }

  vectors(): Promise<number> {
    return this.watch.count(TOPICS.vectors('fraud'));
  }

  async end(): Promise<void> {
    for (const writer of this.writers.values()) await writer.close();
  }

  private async sendRaw(payment: Payment, value: string): Promise<void> {
    const own = partitionOf(Buffer.from(payment.customer_id), 2);
    const producer = this.log.producer();
    await producer.send([
      {
        topic: qualify(GOLDEN, TOPICS.inbox('transactions')),
        partition: value.includes('"moved"') ? 1 - own : own,
        key: payment.customer_id,
        value,
        headers: [],
      },
    ]);
    await producer.close();
  }
}

const readAll = async (log: EventLog): Promise<{ topics: Record<string, number>; records: LogRecord[] }> => {
  const topics: Record<string, number> = {};
  const records: LogRecord[] = [];
  for (const name of (await log.listTopics(`${GOLDEN}.`)).sort()) {
    topics[name] = (await log.ends(name)).length;
    records.push(...(await readTopic(log, name)));
  }
  return { topics, records };
};

const main = async (): Promise<void> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'playhead-golden-'));
  try {
    const platform = await startPlatform({
      dataDir,
      namespace: GOLDEN,
      portBase: 0,
      env: process.env,
      progress: say,
    });
    const log = createKafkaLog({ brokers: platform.endpoints.kafka.brokers, clientId: 'playhead-golden' });
    const recording = new Recording(platform, log);
    await recording.begin();
    await recording.stream(0.6);
    const before = await recording.vectors();
    await recording.trainAndServe();
    await recording.wishInVain();
    await recording.stream(0.8);
    await recording.scored(before);
    await recording.trainAndServe();
    await recording.stream(1);
    await recording.scored(before);
    await recording.end();
    await write(platform, log);
    await log.close();
  } finally {
    await stopPlatform(dataDir, { purge: true, progress: say });
    rmSync(dataDir, { recursive: true, force: true });
  }
};

const write = async ({ endpoints, namespace }: Platform, log: EventLog): Promise<void> => {
  const { topics, records } = await readAll(log);
  const { s3 } = endpoints;
  const store = openArtifactStore(
    s3.kind === 's3' ? { namespace, s3 } : { namespace, directory: s3.directory },
  );
  const artifacts: Buffer[] = [];
  for await (const digest of store.list()) artifacts.push(await store.get(digest));
  const folder = join(HERE, version);
  mkdirSync(folder, { recursive: true });
  const files = {
    'log.ndjson.gz': packLog(topics, records),
    'artifacts.ndjson.gz': packArtifacts(artifacts),
  };
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(folder, name), bytes);
    say(`${name}: ${bytes.length} bytes`);
  }
  say(`${records.length} records of ${Object.keys(topics).length} topics, ${artifacts.length} artifacts`);
};

main().catch((error: unknown) => {
  say(error instanceof Error ? String(error.stack) : String(error));
  process.exit(1);
});
