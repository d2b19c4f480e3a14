import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS, qualify, type CompiledStream } from '#contracts';
import { readConservation, type Conservation, type EventLog } from '#eventlog';
import { Defect } from '#kernel';
import { fetchDefinition } from '../definitions';
import type { Platform } from '../platform/platform';
import { StreamWriter } from '../produce/stream-writer';
import type { ControlPlane, ModelVersion } from './control-plane';
import type { FraudSource } from './fraud-source';
import type { Occurrence } from './fraud-simulator';
import { measureLatency, type Latency } from './latency';
import { PipelineWatch } from './pipeline-watch';

export interface FraudDemoOptions {
  readonly platform: Platform;
  readonly log: EventLog;
  readonly control: ControlPlane;
  readonly source: FraudSource;
  /** Event time, epoch ms: training begins when the stream has reached it. */
  readonly trainAt: number;
  /** Sends some records that no stream should take, to show what becomes of them. */
  readonly withFaults: boolean;
  readonly say: (line: string) => void;
}

/** What outside programs read of a demo (interfaces.md). */
export interface DemoResult {
  readonly scenario: 'fraud';
  readonly rows: number;
  readonly counts: Pick<
    Conservation,
    'inbox' | 'moved' | 'observations' | 'rejections' | 'duplicates' | 'deadLetters'
  > & { readonly vectors: number; readonly predictions: number };
  readonly model: { readonly name: string; readonly version: number; readonly digest: string };
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly latencyMs: Pick<Latency, 'p50' | 'p99'>;
  readonly ok: boolean;
  readonly rejectionsByCode: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

const STREAMS = ['transactions', 'fraud-labels'] as const;
const SERVICE = { name: 'fraud', trigger: 'transactions' };
const MODEL = 'fraud';
const DEPLOYMENT = 'fraud';
/** The end of the stream is sent slowly, so that latency is not queueing. */
const PACED_EVENTS = 1_000;
const PACED_PER_SECOND = 200;

/** Streams payments, trains when history is long enough, promotes what passes the gate, streams on, and checks the log. */
export const runFraudDemo = async (options: FraudDemoOptions): Promise<DemoResult> => {
  const { platform, log, control, source, say } = options;
  const started = Date.now();
  const watch = new PipelineWatch(log, platform.namespace, say);
  const streaming = await Streaming.open(options);

  say(
    `streaming ${source.payments} payments and their labels; training when the stream reaches ${new Date(options.trainAt).toISOString()}`,
  );
  await streaming.until(({ time }) => time >= options.trainAt);
  await watch.folded(STREAMS, SERVICE);

  say('training');
  const version = await control.train(MODEL, say);
  say(
    `${MODEL}@${version.version}: ${Object.entries(version.metrics)
      .map(([name, value]) => `${name} ${value === null ? 'none' : value.toFixed(4)}`)
      .join(', ')}`,
  );
  if (version.passed) {
    await control.promote(MODEL, version.version, 'champion');
    await control.untilServing(DEPLOYMENT, say);
    say(`${MODEL}@${version.version} passed its gates and serves`);
  } else say(`${MODEL}@${version.version} did not pass its gates and does not serve`);
  const unscored = version.passed ? await startOffsets(watch, log, platform.namespace) : 0;

  const before = streaming.count;
  const begun = Date.now();
  await streaming.until(({ left }) => left <= PACED_EVENTS);
  await watch.folded(STREAMS, SERVICE);
  if (version.passed) await watch.scored(SERVICE.name, DEPLOYMENT, unscored);
  const eventsPerSecond = Math.round(((streaming.count - before) * 1_000) / Math.max(1, Date.now() - begun));
  const inboxFrom = (await log.ends(qualify(platform.namespace, TOPICS.inbox('transactions')))).map(
    ({ end }) => end,
  );
  say(`the last ${PACED_EVENTS} events at ${PACED_PER_SECOND}/s, to see the latency`);
  await streaming.until(() => false, PACED_PER_SECOND);
  await streaming.close();
  await watch.folded(STREAMS, SERVICE);
  if (version.passed) await watch.scored(SERVICE.name, DEPLOYMENT, unscored);

  const latency = version.passed
    ? await measureLatency(log, platform.namespace, {
        stream: 'transactions',
        service: SERVICE.name,
        deployment: DEPLOYMENT,
        inboxFrom,
      })
    : { p50: null, p99: null };
  return {
    ...(await checkLog(options, watch, version, unscored)),
    seconds: (Date.now() - started) / 1_000,
    eventsPerSecond,
    latencyMs: { p50: latency.p50, p99: latency.p99 },
  };
};

/** Vectors before the deployment began: they have no prediction (`from: now`). */
const startOffsets = async (watch: PipelineWatch, log: EventLog, namespace: string): Promise<number> => {
  for (let tries = 0; tries < 600; tries++, await sleep(50)) {
    if ((await log.partitionCount(qualify(namespace, TOPICS.predictions(DEPLOYMENT)))) !== undefined)
      return watch.count(TOPICS.vectors(SERVICE.name));
  }
  throw new Defect('the deployment has no predictions topic after 30 s');
};

const checkLog = async (
  { platform, log, source, say }: FraudDemoOptions,
  watch: PipelineWatch,
  version: ModelVersion,
  unscored: number,
): Promise<Omit<DemoResult, 'seconds' | 'eventsPerSecond' | 'latencyMs'>> => {
  say(
    'checking the log: every inbox record has one outcome, every observation a vector, every vector a prediction',
  );
  const perStream = await Promise.all(
    STREAMS.map((stream) => readConservation(log, platform.namespace, stream)),
  );
  const total = (pick: (conservation: Conservation) => number): number =>
    perStream.reduce((sum, conservation) => sum + pick(conservation), 0);
  const vectors = await watch.count(TOPICS.vectors(SERVICE.name));
  const predictions = version.passed ? await watch.count(TOPICS.predictions(DEPLOYMENT)) : 0;
  const faults = perStream.flatMap((conservation, index) =>
    conservation.faults.map((fault) => `${STREAMS[index]}: ${fault}`),
  );
  if (vectors !== perStream[0]!.observations)
    faults.push(`${perStream[0]!.observations} observations of transactions, but ${vectors} vectors`);
  if (version.passed && predictions !== vectors - unscored)
    faults.push(`${vectors - unscored} vectors since the deployment, but ${predictions} predictions`);
  if (!version.passed) faults.push(`${MODEL}@${version.version} did not pass its gates`);
  const rejectionsByCode: Record<string, number> = {};
  for (const { rejectionsByCode: codes } of perStream)
    for (const [code, count] of Object.entries(codes))
      rejectionsByCode[code] = (rejectionsByCode[code] ?? 0) + count;
  return {
    scenario: 'fraud',
    rows: source.payments,
    counts: {
      inbox: total(({ inbox }) => inbox),
      moved: total(({ moved }) => moved),
      observations: total(({ observations }) => observations),
      rejections: total(({ rejections }) => rejections),
      duplicates: total(({ duplicates }) => duplicates),
      vectors,
      predictions,
      deadLetters: total(({ deadLetters }) => deadLetters),
    },
    model: { name: MODEL, version: version.version, digest: version.artifact },
    metrics: version.metrics,
    rejectionsByCode,
    faults,
    ok: faults.length === 0,
  };
};

/** Sends the occurrences in order, in stretches. */
class Streaming {
  private readonly iterator: AsyncIterator<Occurrence> | Iterator<Occurrence>;
  private next: Occurrence | undefined;
  private sent = 0;
  private left: number;

  private constructor(
    private readonly writers: Readonly<Record<Occurrence['stream'], StreamWriter>>,
    source: FraudSource,
    private readonly withFaults: boolean,
    private readonly say: (line: string) => void,
  ) {
    const occurrences = source.occurrences();
    this.iterator =
      Symbol.asyncIterator in occurrences
        ? occurrences[Symbol.asyncIterator]()
        : occurrences[Symbol.iterator]();
    this.left = source.payments;
  }

  static async open({ platform, log, source, withFaults, say }: FraudDemoOptions): Promise<Streaming> {
    const writers = await Promise.all(
      STREAMS.map(async (name) =>
        StreamWriter.open(
          log,
          platform.namespace,
          await fetchDefinition<CompiledStream>(platform.url('registry'), 'Stream', name),
        ),
      ),
    );
    return new Streaming({ transactions: writers[0]!, 'fraud-labels': writers[1]! }, source, withFaults, say);
  }

  /** Sends until the next occurrence meets the condition (which sees its time and the number of payments left) or there is none. */
  async until(
    stop: (at: { readonly time: number; readonly left: number }) => boolean,
    perSecond?: number,
  ): Promise<void> {
    const started = Date.now();
    let said = started;
    let inStretch = 0;
    for (;;) {
      this.next ??= await this.pull();
      if (!this.next || stop({ time: this.next.time, left: this.left })) break;
      if (perSecond !== undefined && inStretch * (1_000 / perSecond) > Date.now() - started) {
        await Promise.all(Object.values(this.writers).map((writer) => writer.flush()));
        await sleep(Math.max(1, inStretch * (1_000 / perSecond) - (Date.now() - started)));
      }
      await this.send(this.next);
      this.next = undefined;
      inStretch++;
      if (inStretch % 1_000 === 0 && Date.now() - said > 2_000) {
        said = Date.now();
        this.say(`  ${this.sent} events sent`);
      }
    }
    await Promise.all(Object.values(this.writers).map((writer) => writer.settle()));
  }

  /** Events sent so far. */
  get count(): number {
    return this.sent;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.writers).map((writer) => writer.close()));
  }

  private async pull(): Promise<Occurrence | undefined> {
    const result = await this.iterator.next();
    return result.done ? undefined : result.value;
  }

  private async send({ stream, event }: Occurrence): Promise<void> {
    await this.writers[stream].write(event as unknown as Record<string, unknown>);
    this.sent++;
    if (stream !== 'transactions') return;
    this.left--;
    if (!this.withFaults) return;
    if (this.left % 900 === 400)
      await this.writers.transactions.write(event as unknown as Record<string, unknown>);
    if (this.left % 1_500 === 700)
      await this.writers.transactions.write({
        ...event,
        transaction_id: `${String(this.left)}-x`,
        amount: -1,
      });
    if (this.left % 2_500 === 900)
      await this.writers.transactions.write({
        ...event,
        transaction_id: `${String(this.left)}-y`,
        amount: undefined,
      });
  }
}
