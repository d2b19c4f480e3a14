/**
 * The work that both clients of the codec bench do, each in a process of its own: the same records, the same rounds, the same reads.
 * A process gets its `Errand` as its only argument and prints one `Outcome` as JSON.
 */
import { EnvelopeTemplate, HEADERS } from '#contracts';
import type { NewRecord } from '#eventlog';

export type Direction = 'produce' | 'consume';

export interface Errand {
  readonly direction: Direction;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Of a consumer that has one; a new one each time. */
  readonly group: string;
  /** Worked off before the clock starts: compilation is not what is measured. */
  readonly warmUp: number;
  readonly records: number;
}

export interface Outcome {
  readonly records: number;
  readonly ms: number;
  /** User and system time of the whole process. */
  readonly cpuMicros: number;
  /** Bytes of values and of `ce_id`, over warm-up and measured records: both clients must come to the same. */
  readonly bytes: number;
}

export const PARTITIONS = 4;
/** Records of one `send`, over all partitions: what kafkajs does best with (its grouping is quadratic). */
export const ROUND = 500;
export const HEADER_COUNT = 7;

/** Rounds that are sent again and again; built before the clock starts. */
const DIFFERENT_ROUNDS = 20;

/** Payments of about 150 bytes with the headers of an observation. */
export const rounds = (topic: string): readonly (readonly NewRecord[])[] => {
  const template = new EnvelopeTemplate({ type: 'ingestion.observation.recorded', source: 'ingestion' });
  return Array.from({ length: DIFFERENT_ROUNDS }, (_, round) =>
    Array.from({ length: ROUND }, (_, index): NewRecord => {
      const serial = round * ROUND + index;
      const partition = serial % PARTITIONS;
      const time = new Date(1_700_000_000_000 + 1_000 * serial).toISOString();
      const payment = {
        transaction_id: `${100_000_000 + serial}`,
        event_time: time,
        customer_id: `${10_000 + (serial % 4_999)}`,
        terminal_id: `${20_000 + (serial % 9_973)}`,
        amount: (serial % 30_000) / 100 + 0.01,
        currency: 'EUR',
      };
      return {
        topic,
        partition,
        key: Buffer.from(payment.customer_id),
        value: Buffer.from(JSON.stringify(payment)),
        headers: template.headers(`${partition}-${1_000_000 + serial}`, time, [
          HEADERS.sourceCrc,
          Buffer.from((2_863_311_530 + serial).toString(16)),
        ]),
      };
    }),
  );
};

/** The clock over the records behind the warm-up. */
export class Stopwatch {
  private seen = 0;
  private bytes = 0;
  private begun: { at: number; cpu: NodeJS.CpuUsage; seen: number } | undefined;

  constructor(private readonly errand: Pick<Errand, 'warmUp' | 'records'>) {}

  /** Counts what was done; the outcome once it is enough. */
  count(records: number, bytes: number): Outcome | undefined {
    this.seen += records;
    this.bytes += bytes;
    const { warmUp, records: wanted } = this.errand;
    if (!this.begun) {
      if (this.seen >= warmUp)
        this.begun = { at: performance.now(), cpu: process.cpuUsage(), seen: this.seen };
      return undefined;
    }
    const done = this.seen - this.begun.seen;
    if (this.seen < warmUp + wanted) return undefined;
    const { user, system } = process.cpuUsage(this.begun.cpu);
    return {
      records: done,
      ms: performance.now() - this.begun.at,
      cpuMicros: user + system,
      bytes: this.bytes,
    };
  }
}

export const errandOf = (argv: readonly string[]): Errand => JSON.parse(argv[2]!) as Errand;
