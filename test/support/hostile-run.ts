import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, TOPICS } from '#contracts';
import type { HeaderEntry, NewRecord } from '#eventlog';
import { messageOf } from '#kernel';
import {
  PARTITIONERS,
  appendBomb,
  appendCorrupt,
  appendOddHeader,
  sendByJava,
  sendByKafkajs,
  sendTransactions,
  type Codec,
} from './foreign-producers';
import { hostileCases, type HostileCase, type Sent } from './hostile-records';
import { appendedRequests, refusedRequests, wireRequests } from './hostile-requests';
import { InboxOutcomes, ingested, placeOf, type At } from './inbox-outcomes';
import { IngestDoor, NDJSON_TYPE, type DoorAnswer } from './ingest-door';
import { Life } from './life';
import { DAY, PARTITIONS, at, customersOf, ownerOf, payment, type Payment } from './payments';
import type { Status } from './platform-under-test';

export const STREAM = 'transactions';
export const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
/** The partition of the moved records, and the one they are found in. */
export const HOME = 0;
const WRONG = 1;

const redrivenFrom = (letter: string): HeaderEntry => [HEADERS.redrivenFrom, Buffer.from(letter)];
export const movedFrom = (place: string): HeaderEntry => [HEADERS.movedFrom, Buffer.from(place)];

/** Tables of what is sent; the ids in them are made once. */
export const tables = {
  cases: hostileCases(),
  appended: appendedRequests(),
  refused: refusedRequests(),
  wire: wireRequests,
};

/** Everything hostile, sent to one platform, and where it went. */
export class HostileRun {
  /** Places of the records of a case or a group, in order. */
  readonly sent = new Map<string, readonly At[]>();
  /** Payments that a foreign client put somewhere. */
  readonly foreign = new Map<string, readonly Payment[]>();
  /** Answers of the door to a body, and to bytes. */
  readonly answers = new Map<string, DoorAnswer>();
  readonly firstLines = new Map<string, string>();
  /** What the broker said to a bomb and to a batch with a wrong checksum. */
  refusals: readonly string[] = [];
  /** A hundred requests at once. */
  together: readonly DoorAnswer[] = [];
  /** As last read. */
  outcomes!: InboxOutcomes;
  readonly door: IngestDoor;
  readonly inbox: string;
  private readonly brokers: readonly string[];

  private constructor(
    readonly life: Life,
    readonly before: Status,
  ) {
    this.door = new IngestDoor(before.services['ingestion']!.url);
    this.inbox = life.topic(TOPICS.inbox(STREAM));
    this.brokers = before.kafka.brokers;
  }

  static async begin(): Promise<HostileRun> {
    const life = await Life.begin('hostile');
    const run = new HostileRun(life, await life.platform.status());
    while ((await life.log.partitionCount(life.topic(TOPICS.rejections(STREAM)))) === undefined)
      await sleep(50);
    return run;
  }

  /** Waits until everything on a stream's inbox has its outcome. */
  settled(stream: string = STREAM): Promise<void> {
    return ingested(
      this.life.log,
      this.before.services['ingestion']!.url,
      this.life.platform.namespace,
      stream,
    );
  }

  async sendAll(): Promise<void> {
    const byJava = this.writeByJava();
    await this.writeCases(tables.cases.filter(({ last }) => !last));
    await this.writeMoved();
    await this.writeForeign();
    await this.post();
    await byJava;
    await this.writeWithoutEach();
    await this.settled();
    await this.writeCases(tables.cases.filter(({ last }) => last));
    await this.settled();
    await this.readOutcomes();
  }

  async readOutcomes(): Promise<void> {
    this.outcomes = await InboxOutcomes.read(this.life.log, this.life.platform.namespace, STREAM);
  }

  /** Good events, to the door. */
  async postGood(stream: string, events: readonly object[]): Promise<void> {
    const { status, body } = await this.door.post(
      events.map((event) => JSON.stringify(event)).join('\n'),
      NDJSON_TYPE,
      stream,
    );
    if (status !== 200 || body.rejected?.length !== 0)
      throw new Error(`${stream}: ${status} ${JSON.stringify(body).slice(0, 500)}`);
    await this.settled(stream);
  }

  /** By the command: places of the records in the inbox. */
  async redrive(...args: readonly string[]): Promise<readonly At[]> {
    const { json } = await this.life.platform.run(['dlq', 'redrive', ...args]);
    await this.settled();
    await this.readOutcomes();
    return json['positions'] as At[];
  }

  /** Lines that services wrote at level error or above, or that are no log lines at all. */
  errorsLogged(): string[] {
    return Object.keys(this.before.services).flatMap((name) =>
      readFileSync(join(this.life.platform.dataDir, 'logs', `${name}.log`), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !/"level":"(trace|debug|info|warn)"/.test(line)),
    );
  }

  private async send(...records: readonly NewRecord[]): Promise<At[]> {
    const producer = this.life.log.producer();
    try {
      return await producer.send(records);
    } finally {
      await producer.close();
    }
  }

  private record(partition: number, { value, key = null, headers = [] }: Omit<Sent, 'expected'>): NewRecord {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return {
      topic: this.inbox,
      partition,
      key: key === null ? null : Buffer.from(key),
      value: bytes,
      headers,
    };
  }

  private good(partition: number, members: Partial<Payment> = {}): NewRecord {
    return this.record(partition, { value: JSON.stringify(payment(partition, members)) });
  }

  private async writeCases(cases: readonly HostileCase[]): Promise<void> {
    const records = cases.flatMap(({ partition, sent, goodAt }) => [
      ...sent.map((each) => this.record(partition, each)),
      this.good(partition, goodAt === undefined ? {} : { event_time: goodAt }),
    ]);
    const places = await this.send(...records);
    let next = 0;
    for (const { name, sent } of cases) this.sent.set(name, places.slice(next, (next += sent.length + 1)));
  }

  /** Good, bad, large and late records of one partition in another; then records that claim to have been moved. */
  private async writeMoved(): Promise<void> {
    const value = JSON.stringify(payment(HOME));
    const late = { event_time: at(-2 * DAY) };
    const headers = Array.from({ length: 1_000 }, (_, n): HeaderEntry => [`h-${n}`, Buffer.from(`${n}`)]);
    const places = await this.send(
      this.record(WRONG, { value, key: 'kept', headers }),
      this.record(WRONG, { value: JSON.stringify(payment(HOME, { amount: -1 })) }),
      this.record(WRONG, { value: JSON.stringify(payment(HOME, { terminal_id: 'm'.repeat(900_000) })) }),
      this.record(WRONG, { value: JSON.stringify(payment(HOME, { terminal_id: 'm'.repeat(1_060_000) })) }),
      this.record(WRONG, { value: JSON.stringify(payment(HOME, late)) }),
      this.good(WRONG),
    );
    this.sent.set('wrong partition', places);
    await this.settled();

    const source = placeOf(places[0]!);
    const moves = [source, `${WRONG}-999999`, '77-0', `${HOME}-0`, `${source}-0`, '', '1--1', 'x'].map(
      movedFrom,
    );
    const redrives = [
      'ingestion.dead-letters/0-0',
      `ingestion.rejections.${STREAM}/0-0`,
      'registry.definitions/0-0',
      '/',
    ].map(redrivenFrom);
    const claiming = (text: string, claim: HeaderEntry): NewRecord =>
      this.record(HOME, { value: text, key: 'kept', headers: [claim] });
    const observed = JSON.stringify(payment(HOME));
    const forged = await this.send(
      claiming(value, movedFrom(source)), // the true copy once more
      ...[...moves, ...redrives].map((claim) => claiming(JSON.stringify(payment(HOME, late)), claim)),
      claiming(JSON.stringify(payment(HOME)), movedFrom(source)), // believed, it would be a copy moved before
      this.good(HOME),
      this.record(HOME, { value: observed }),
    );
    this.sent.set('forged moves', forged.slice(0, -1));
    const decided = forged.at(-1)!;
    const again = this.record(WRONG, { value: observed, headers: [movedFrom(placeOf(decided))] });
    this.sent.set('decided, then sent as moved', [decided, ...(await this.send(again))]);
  }

  /** Twelve payments, three of each partition. */
  private made(name: string): readonly Payment[] {
    const customers = Array.from({ length: PARTITIONS }, (_, partition) => customersOf(partition, 3)).flat();
    const payments = customers.map((customer) => payment(ownerOf(customer), { customer_id: customer }));
    this.foreign.set(name, payments);
    return payments;
  }

  /** Every second codec without keys; a bad record in the middle of each batch. */
  private async writeByJava(): Promise<void> {
    const batches = CODECS.map((codec, n) => {
      const withKeys = n % 2 === 0;
      const records = keyed(this.made(`Java, ${codec}`), withKeys);
      records.splice(6, 0, { key: withKeys ? 'k' : null, value: `bad ${codec}` });
      return sendByJava(this.brokers, this.inbox, codec, records);
    });
    await Promise.all(batches);
  }

  private async writeForeign(): Promise<void> {
    const { brokers, inbox } = this;
    for (const [name, partitioner] of Object.entries(PARTITIONERS)) {
      await sendByKafkajs(brokers, inbox, partitioner, keyed(this.made(name)), name === 'kafkajs 2');
    }
    await sendTransactions(
      brokers,
      inbox,
      keyed(this.made('rolled back')),
      keyed(this.made('a transaction')),
    );
    const [owned, misplaced] = [payment(2), payment(2)];
    this.foreign.set('odd headers', [owned, misplaced]);
    await appendOddHeader(brokers, inbox, 2, JSON.stringify(owned));
    await appendOddHeader(brokers, inbox, WRONG, JSON.stringify(misplaced));
    const appends = [
      appendBomb(brokers, inbox, 32),
      appendCorrupt(brokers, inbox, JSON.stringify(payment(0))),
    ];
    this.refusals = await Promise.all(appends.map((append) => append.then(() => 'appended', messageOf)));
  }

  private async post(): Promise<void> {
    const { door, answers } = this;
    for (const { name, body, headers } of tables.appended) answers.set(name, await door.post(body, headers));
    for (const { name, body, headers, stream } of tables.refused)
      answers.set(name, await door.post(body, headers, stream));
    for (const { name, text, hangUp } of tables.wire) this.firstLines.set(name, await door.raw(text, hangUp));
    const array = `[${JSON.stringify(payment(1))},${JSON.stringify(payment(2))}]`;
    answers.set('byte by byte', await door.postChunked(array, 1));
    answers.set('17 MiB in chunks', await door.postChunked(Buffer.alloc(17 * 1_048_576, ' '), 1_048_576));
    const lines = Array.from({ length: 100 }, () =>
      Array.from({ length: PARTITIONS }, (_, partition) => JSON.stringify(payment(partition))).join('\n'),
    );
    this.together = await Promise.all(lines.map((body) => door.post(body, NDJSON_TYPE)));
  }

  /** Each field left out once: what a polluted prototype would fill in. */
  private async writeWithoutEach(): Promise<void> {
    const whole = payment(HOME);
    const records = Object.keys(whole).map((field) =>
      this.record(HOME, { value: JSON.stringify({ ...whole, [field]: undefined }) }),
    );
    this.sent.set('without each field', await this.send(...records));
  }
}

const keyed = (payments: readonly Payment[], withKeys = true): { key: string | null; value: string }[] =>
  payments.map((each) => ({ key: withKeys ? each.customer_id : null, value: JSON.stringify(each) }));
