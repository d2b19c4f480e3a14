/**
 * A service with a stage, disturbed while it streams: scaled from one process to three and back, each of them killed (-9), also in the
 * middle of a take-over; then sealing and a replay are killed and begun again. Every payment must have one vector, in order, with the
 * values that an obvious computation gives over the order in which the stage's inputs were merged, and all of it must verify.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HEADERS, TOPICS, sourcePositionOf } from '#contracts';
import { readTopic, type LogRecord } from '#eventlog';
import { Rng } from '#kernel';
import { Life, STREAMS } from '../support/life';
import { COMMAND } from '../support/platform-under-test';
import { until, withinMs } from './stages/deadlines';
import { FeatureProcess, takenIn } from './stages/feature-processes';
import {
  customerValues,
  makeTraffic,
  terminalValues,
  type SeenInput,
  type SeenPayment,
} from './stages/terminals';

const SEED = Number(process.env.PLAYHEAD_SEED ?? 20_261_121);
const PAYMENTS = 12_000;
/** Events of a burst. */
const SHARE = 3_500;
const INPUTS = TOPICS.featureInputs('fraud', 'terminal_id');
const TRANSACTIONS = TOPICS.observations('transactions');

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Vector {
  readonly trigger: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

describe(`a stage on one to three processes, each killed (PLAYHEAD_SEED=${SEED})`, () => {
  const traffic = makeTraffic(SEED, PAYMENTS);
  const rng = new Rng(SEED);
  const extras: FeatureProcess[] = [];
  const killed: string[] = [];
  const begun = Date.now();
  let life: Life | undefined;
  let told = '';

  const step = (what: string): void => say(`${((Date.now() - begun) / 1_000).toFixed(1)} s: ${what}`);

  const scaleUp = async (name: string): Promise<FeatureProcess> => {
    const extra = await FeatureProcess.start(life!.platform, name);
    extras.push(extra);
    return extra;
  };

  const kill = async (name: string, extra: FeatureProcess): Promise<void> => {
    if (await extra.kill()) killed.push(name);
    step(`kill -9 of ${name}`);
  };

  const killPlatforms = (pid: number): void => {
    process.kill(pid, 'SIGKILL');
    killed.push('first');
    step('kill -9 of first');
  };

  let at = 0;
  let written: Promise<void> = Promise.resolve();
  /** Sends so many more events, behind those that are on their way; `written` resolves when all are durable. */
  const send = (count: number): void => {
    const events = traffic.written.slice(at, (at += count));
    written = written.then(() => life!.write(events));
    // Its failure surfaces where `written` is awaited.
    written.catch(() => undefined);
  };

  /** Sends the next share at once, and resolves while its vectors are being made. */
  const burst = async (): Promise<void> => {
    const vectors = TOPICS.vectors('fraud');
    const before = await life!.watch.count(vectors);
    send(SHARE);
    await until('vectors of a burst', async () => (await life!.watch.count(vectors)) > before + 20);
  };

  /** Scales to three and back to one under load, with kills between. */
  const disturb = async (): Promise<void> => {
    const first = join(life!.platform.dataDir, 'logs', 'feature.log');
    await burst();
    const [second, third] = await Promise.all([scaleUp('second'), scaleUp('third')]);
    await Promise.all([second.hasTaken(), third.hasTaken()]);
    await settled(() => takenIn(first) + second.taken + third.taken);
    step('three processes');

    // Looked up before the burst, which would be over by then.
    const { services } = await life!.platform.status();
    const seen = second.taken;
    await burst();
    killPlatforms(services['feature']!.pid);
    send(1_000);
    await second.hasTaken(seen);
    await kill('second in the middle of a take-over', second);

    const before = takenIn(first);
    const up = life!.platform.run(['up'], { timeoutMs: 120_000 });
    const fourth = await scaleUp('fourth');
    await Promise.all([up, fourth.hasTaken()]);
    await kill('fourth in the middle of its first take-over', fourth);
    await until('the first process takes over again', () => takenIn(first) > before);

    await burst();
    await new Promise((resolve) => setTimeout(resolve, rng.below(200)));
    await kill('third', third);
    const fifth = await scaleUp('fifth');
    await fifth.hasTaken();
    await burst();
    told = await fifth.leave();
    step('one process');
  };

  /** `log seal` as a process, killed when the first segment of observations is announced: some twenty are to follow. */
  const killSealing = async (): Promise<void> => {
    const args = ['log', 'seal', '--data-dir', life!.platform.dataDir];
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'ignore' });
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    try {
      await until('a sealed segment', async () => {
        if (child.exitCode !== null) throw new Error('log seal ended before it could be killed');
        return (await life!.watch.count(TOPICS.segments('ingestion'))) > 0;
      });
    } finally {
      child.kill('SIGKILL');
    }
    const [, signal] = await withinMs(20_000, 'the end of log seal', ended);
    if (signal === 'SIGKILL') killed.push('sealing');
    step(`log seal ended by ${signal}`);
  };

  /** Every payment has its vector. A process that gave up for want of heartbeats is started again, as a supervisor would. */
  const answered = async (): Promise<void> => {
    let looked = Date.now();
    await until(
      'a vector for each payment',
      async () => {
        if (Date.now() - looked > 20_000) {
          looked = Date.now();
          await life!.platform.run(['up'], { timeoutMs: 120_000 });
        }
        return (await life!.applied(TOPICS.vectors('fraud'))).values.length === PAYMENTS;
      },
      150_000,
    );
  };

  beforeAll(async () => {
    life = await Life.begin('stages', {}, 'test/chaos/stages/project.yaml');
    step('up');
    await disturb();
    await burst();
    await killSealing();
    while (at < traffic.written.length) await burst();
    await withinMs(60_000, 'all events written', written);
    await life.folded();
    await answered();
    step('all vectors are there');
  }, 600_000);

  afterAll(async () => {
    await Promise.allSettled(extras.map((extra) => extra.kill()));
    await life?.end();
    step('down');
  }, 150_000);

  const recordsOf = (name: string): Promise<LogRecord[]> => readTopic(life!.log, life!.topic(name));

  it('killed every process at least once, also in the middle of a take-over, and sealing', () => {
    expect(killed).toEqual([
      'first',
      'second in the middle of a take-over',
      'fourth in the middle of its first take-over',
      'third',
      'sealing',
    ]);
    expect(told).toBe('exit code 0');
  });

  it('observed every event once and set nothing aside', async () => {
    for (const stream of STREAMS) expect(await life!.watch.count(TOPICS.observations(stream))).toBe(PAYMENTS);
    const rejected = await Promise.all(STREAMS.map((stream) => recordsOf(TOPICS.rejections(stream))));
    expect(rejected.flat()).toHaveLength(traffic.duplicates);
    for (const service of ['ingestion', 'feature'])
      expect(await life!.watch.count(TOPICS.deadLetters(service))).toBe(0);
  });

  it('gave each payment one vector, in order and without a gap', async () => {
    const { values, repeated } = await life!.applied(TOPICS.vectors('fraud'));
    const observed = await life!.log.ends(life!.topic(TRANSACTIONS));
    for (const { partition, end } of observed)
      expect(values.map(([id]) => id).filter((id) => id.startsWith(`${partition}-`))).toEqual(
        Array.from({ length: end }, (_, offset) => `${partition}-${offset}.0`),
      );
    say(`vectors repeated on the wire: ${repeated}`);
  });

  it('gave the values of an obvious computation over the recorded order, to the bit', async () => {
    const merged = await recordsOf(INPUTS);
    const inputs = inputsByPartition(merged);
    say(`inputs repeated on the wire: ${merged.length - [...inputs.values()].flat().length}`);
    const payments = new Map<number, SeenPayment[]>();
    for (const { partition, offset, value } of await recordsOf(TRANSACTIONS))
      payments.set(partition, [
        ...(payments.get(partition) ?? []),
        paymentOf(`${partition}-${offset}`, value),
      ]);
    const own = new Map([...payments.values()].flatMap((partition) => [...customerValues(partition)]));
    const staged = new Map([...inputs.values()].flatMap((partition) => [...terminalValues(partition)]));
    expect([own.size, staged.size]).toEqual([PAYMENTS, PAYMENTS]);
    const vectors = (await life!.applied(TOPICS.vectors('fraud'))).values.map(
      ([, text]) => JSON.parse(text) as Vector,
    );
    const wrong = vectors
      .map(({ trigger, values }) => ({
        trigger,
        values: values['1'],
        expected: [...own.get(trigger)!, ...staged.get(trigger)!],
      }))
      .filter(({ values, expected }) => JSON.stringify(values) !== JSON.stringify(expected));
    expect(wrong.slice(0, 3)).toEqual([]);
    // What is compared is not empty: labels were known, and some payments had no terminal.
    expect([...staged.values()].filter(([, , , labels]) => labels! > 0).length).toBeGreaterThan(PAYMENTS / 2);
    expect([...staged.values()].filter(([count]) => count === 0).length).toBeGreaterThan(PAYMENTS / 100);
  });

  it('seals what the killed one left, and the log verifies', async () => {
    await life!.platform.run(['log', 'seal'], { timeoutMs: 120_000 });
    const { json } = await life!.platform.run(['log', 'verify'], { timeoutMs: 120_000 });
    expect(json).toMatchObject({ ok: true, faults: [] });
    expect(json['compared']).toBeGreaterThan(5 * PAYMENTS);
    step('log verified');
  }, 300_000);

  it('verifies bit for bit, though the replay was killed and resumed', async () => {
    await withinMs(150_000, 'a model that serves', life!.trainAndServe());
    await life!.watch.scored('fraud', 'fraud', 0);
    step('scored');
    const replays = join(life!.platform.dataDir, 'replays');
    const args = ['replay', 'verify', 'fraud', '--rate', '8000/s', '--checkpoint', '1'];
    const child = spawn(process.execPath, [COMMAND, ...args, '--data-dir', life!.platform.dataDir], {
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    let workers: number[] = [];
    try {
      await until('a checkpoint of the replay', () => {
        if (child.exitCode !== null) throw new Error('the replay ended before it could be killed');
        return (existsSync(replays) ? readdirSync(replays, { recursive: true }) : []).some((name) =>
          String(name).endsWith('.checkpoint'),
        );
      });
      workers = childrenOf(child.pid!);
    } finally {
      child.kill('SIGKILL');
    }
    await withinMs(20_000, 'the end of the replay', ended);
    await until('its workers end, too', () => workers.every((pid) => !existsSync(`/proc/${pid}`)), 20_000);
    const [replay] = readdirSync(replays);
    const resumed = await life!.platform.run(['replay', 'resume', replay!], { timeoutMs: 120_000 });
    step('resumed');
    const { records } = resumed.json as { records: number };
    expect(resumed.json).toMatchObject({ ok: true, bitExact: records, diverged: 0, damaged: [] });
    // Routed payments and labels of a terminal, parts, vectors, predictions.
    const routed = [...inputsByPartition(await recordsOf(INPUTS)).values()].flat().length;
    expect(records).toBe(routed + 3 * PAYMENTS);
  }, 400_000);
});

/** Resolves when nobody has taken a partition over for a while: what is taken next is taken from the dead. */
const settled = async (taken: () => number): Promise<void> => {
  let seen = taken();
  let since = Date.now();
  await until('an end of the rebalance', () => {
    if (taken() !== seen) [seen, since] = [taken(), Date.now()];
    return Date.now() - since > 1_500;
  });
};

/** What each partition of the stage's inputs holds for a reader that drops what it has seen (law L3), in the recorded order. */
const inputsByPartition = (records: readonly LogRecord[]): Map<number, SeenInput[]> => {
  const inputs = new Map<number, SeenInput[]>();
  const highest = new Map<string, number>();
  for (const { partition, headers, key, value } of records) {
    const source = headers.text(HEADERS.source)!;
    const position = sourcePositionOf(headers)!;
    const lane = `${partition} ${source} ${position.partition}`;
    if (position.offset <= (highest.get(lane) ?? -1)) continue;
    highest.set(lane, position.offset);
    const label = (): SeenInput => {
      const { known_at: time, is_fraud: fraud } = JSON.parse(String(value)) as LabelEvent;
      return { label: { time: Date.parse(time), terminal: String(key), fraud } };
    };
    const input =
      source === TRANSACTIONS
        ? { payment: paymentOf(`${position.partition}-${position.offset}`, value) }
        : label();
    if (!inputs.has(partition)) inputs.set(partition, []);
    inputs.get(partition)!.push(input);
  }
  return inputs;
};

interface LabelEvent {
  readonly known_at: string;
  readonly is_fraud: boolean;
}

const paymentOf = (position: string, value: Buffer | null): SeenPayment => {
  const event = JSON.parse(String(value)) as {
    readonly event_time: string;
    readonly customer_id: string;
    readonly terminal_id: string | null;
    readonly amount: number;
  };
  return {
    position,
    time: Date.parse(event.event_time),
    customer: event.customer_id,
    terminal: event.terminal_id,
    cents: Math.round(event.amount * 100),
  };
};

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
