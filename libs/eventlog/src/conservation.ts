import { HEADERS, TOPICS, qualify, sourcePositionOf } from '#contracts';
import { checksumOf } from './checksum';
import type { Chunk, EventLog, LogRecord } from './port';
import { readRange } from './read';

/** One stream's inbox against its outcomes, counted by distinct source position (interfaces.md, Records). */
export interface Conservation {
  readonly inbox: number;
  readonly moved: number;
  readonly observations: number;
  readonly rejections: number;
  /** Part of the rejections. */
  readonly duplicates: number;
  readonly deadLetters: number;
  readonly rejectionsByCode: Readonly<Record<string, number>>;
  readonly deadLettersByCode: Readonly<Record<string, number>>;
  /** Records on the outcome topics that repeat an outcome already there (a crash put them on the wire twice). */
  readonly repeated: number;
  /** The first positions that have no outcome, several of them, or an outcome without being in the inbox. */
  readonly faults: readonly string[];
  /** Every inbox record has exactly one outcome, and there is no outcome of anything else. */
  readonly ok: boolean;
}

const OUTCOMES = ['moved', 'observation', 'rejection', 'dead letter'] as const;
type Outcome = (typeof OUTCOMES)[number];

const FAULTS_SHOWN = 20;
const IN_INBOX = 1;
const bitOf = (outcome: Outcome): number => 2 << OUTCOMES.indexOf(outcome);

/** Takes records in any order of topics, partitions in order or not; `result` judges. Needs about five bytes for each inbox offset. */
export class ConservationCheck {
  private readonly marks: Uint8Array[] = [];
  private readonly checksums: Uint32Array[] = [];
  private readonly copies: {
    readonly partition: number;
    readonly from: { partition: number; offset: number };
    readonly checksum: number;
  }[] = [];
  private readonly counts: Record<Outcome, number> = {
    moved: 0,
    observation: 0,
    rejection: 0,
    'dead letter': 0,
  };
  private readonly rejectionsByCode: Record<string, number> = {};
  private readonly deadLettersByCode: Record<string, number> = {};
  private inbox = 0;
  private repeated = 0;

  constructor(private readonly stream: string) {}

  inboxChunk(chunk: Chunk): void {
    if (chunk.kind === 'records') for (const record of chunk.records) this.inboxRecord(record);
    else {
      this.inbox += chunk.count;
      for (let offset = chunk.firstOffset; offset <= chunk.lastOffset; offset++)
        this.mark(chunk.partition, offset, IN_INBOX);
    }
  }

  inboxRecord(record: LogRecord): void {
    const { partition, offset, value, headers } = record;
    this.inbox++;
    this.mark(partition, offset, IN_INBOX);
    const checksum = parseInt(checksumOf(value), 16);
    this.checksums[partition]![offset] = checksum;
    const from = /^(\d+)-(\d+)$/.exec(headers.text(HEADERS.movedFrom) ?? '');
    if (from)
      this.copies.push({
        partition,
        from: { partition: Number(from[1]), offset: Number(from[2]) },
        checksum,
      });
  }

  observation(record: LogRecord): void {
    this.outcome(record, 'observation');
  }

  rejection(record: LogRecord): void {
    if (!this.outcome(record, 'rejection')) return;
    const { code } = JSON.parse(String(record.value)) as { code: string };
    this.rejectionsByCode[code] = (this.rejectionsByCode[code] ?? 0) + 1;
  }

  /** Dead letters of other streams are passed over. */
  deadLetter(record: LogRecord): void {
    const origin = /^(.*):(\d+)-(\d+)(?:\.\.(\d+))?$/.exec(record.headers.text(HEADERS.origin) ?? '');
    if (!origin || origin[1] !== TOPICS.inbox(this.stream)) return;
    const [partition, first] = [Number(origin[2]), Number(origin[3])];
    const last = origin[4] === undefined ? first : Number(origin[4]);
    const already = (this.at(partition, first) & bitOf('dead letter')) !== 0;
    for (let offset = first; offset <= last; offset++) this.mark(partition, offset, bitOf('dead letter'));
    if (already) {
      this.repeated++;
      return;
    }
    const count = Number(record.headers.text(HEADERS.count) ?? 1);
    const code = record.headers.text(HEADERS.code) ?? 'UNKNOWN';
    this.counts['dead letter'] += count;
    this.deadLettersByCode[code] = (this.deadLettersByCode[code] ?? 0) + count;
  }

  result(): Conservation {
    for (const copy of this.copies) this.move(copy);
    const faults: string[] = [];
    let wrong = 0;
    this.marks.forEach((marks, partition) =>
      marks.forEach((mark, offset) => {
        const outcomes = OUTCOMES.filter((outcome) => (mark & bitOf(outcome)) !== 0);
        const inInbox = (mark & IN_INBOX) !== 0;
        if (outcomes.length === (inInbox ? 1 : 0)) return;
        wrong++;
        if (faults.length < FAULTS_SHOWN)
          faults.push(
            `${partition}-${offset}: ${inInbox ? '' : 'not in the inbox, but '}${outcomes.join(' and ') || 'no outcome'}`,
          );
      }),
    );
    const { moved, observation, rejection, 'dead letter': deadLetters } = this.counts;
    return {
      inbox: this.inbox,
      moved,
      observations: observation,
      rejections: rejection,
      duplicates: this.rejectionsByCode['DUPLICATE'] ?? 0,
      deadLetters,
      rejectionsByCode: this.rejectionsByCode,
      deadLettersByCode: this.deadLettersByCode,
      repeated: this.repeated,
      faults,
      ok: wrong === 0 && this.inbox === moved + observation + rejection + deadLetters,
    };
  }

  /**
   * A copy counts as a move only if the position that it names is another partition's, holds the same bytes, and has no outcome of
   * its own: a producer can send a record that was decided already once more with such a header.
   */
  private move({ partition, from, checksum }: (typeof this.copies)[number]): void {
    const isOpen = this.at(from.partition, from.offset) === IN_INBOX;
    if (!isOpen || from.partition === partition || this.checksums[from.partition]![from.offset] !== checksum)
      return;
    this.mark(from.partition, from.offset, bitOf('moved'));
    this.counts.moved++;
  }

  /** False where the outcome was there already. */
  private outcome(record: LogRecord, outcome: Outcome): boolean {
    const source = sourcePositionOf(record.headers);
    if (!source) return false;
    if ((this.at(source.partition, source.offset) & bitOf(outcome)) !== 0) {
      this.repeated++;
      return false;
    }
    this.mark(source.partition, source.offset, bitOf(outcome));
    this.counts[outcome]++;
    return true;
  }

  private at(partition: number, offset: number): number {
    return this.marks[partition]?.[offset] ?? 0;
  }

  private mark(partition: number, offset: number, bit: number): void {
    const marks = this.marks[partition];
    if (!marks || offset >= marks.length) {
      const capacity = Math.max(1_024, 2 * (offset + 1));
      this.marks[partition] = grown(new Uint8Array(capacity), marks);
      this.checksums[partition] = grown(new Uint32Array(capacity), this.checksums[partition]);
    }
    this.marks[partition]![offset]! |= bit;
  }
}

const grown = <A extends Uint8Array | Uint32Array>(larger: A, before: A | undefined): A => {
  if (before) larger.set(before);
  return larger;
};

/** Reads the four topics of a stream from their starts to their present ends and judges. */
export const readConservation = async (
  log: EventLog,
  namespace: string,
  stream: string,
): Promise<Conservation> => {
  const check = new ConservationCheck(stream);
  const each = async (name: string, take: (chunk: Chunk) => void): Promise<void> => {
    const topic = qualify(namespace, name);
    for (const { partition, start, end } of await log.ends(topic))
      for await (const chunk of readRange(log, topic, partition, start, end)) take(chunk);
  };
  const records =
    (take: (record: LogRecord) => void) =>
    (chunk: Chunk): void => {
      if (chunk.kind === 'records') chunk.records.forEach(take);
    };
  await each(TOPICS.inbox(stream), (chunk) => check.inboxChunk(chunk));
  await each(
    TOPICS.observations(stream),
    records((record) => check.observation(record)),
  );
  await each(
    TOPICS.rejections(stream),
    records((record) => check.rejection(record)),
  );
  await each(
    TOPICS.deadLetters('ingestion'),
    records((record) => check.deadLetter(record)),
  );
  return check.result();
};
