import { EnvelopeTemplate, SnapshotTaken, decodeEvent, encodeEvent, qualify, type EventOf } from '#contracts';
import { messageOf } from '#kernel';
import { checksumOf } from '../checksum';
import type { EventLog, LogRecord, NewRecord } from '../port';
import { readRecords } from '../read';
import { FollowedTopic } from './followed-topic';
import { SeenPositions } from './tail';

/** Where snapshot bytes lie: structurally the artifact store. Reads verify the digest. */
export interface SnapshotStore {
  put(bytes: Uint8Array): Promise<string>;
  get(digest: string): Promise<Buffer>;
}

type Taken = EventOf<typeof SnapshotTaken>;

export interface SnapshotPlace {
  readonly fold: string;
  readonly definition: string;
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
}

const placeKey = (place: SnapshotPlace): string =>
  `${place.fold}/${place.topic}/${place.partition}/${place.definition}`;

/** Newest snapshots by place, kept short: a restore takes the newest at or below its resume point. */
type Catalog = ReadonlyMap<string, readonly Taken[]>;

/** For each place; older ones are forgotten. */
const KEPT = 8;

const evolveCatalog = (catalog: Catalog, record: LogRecord): Catalog => {
  const taken = decodeEvent(SnapshotTaken, record.value);
  const next = new Map(catalog);
  const others = (catalog.get(placeKey(taken)) ?? []).filter(({ offset }) => offset !== taken.offset);
  next.set(placeKey(taken), [...others, taken].sort((a, b) => a.offset - b.offset).slice(-KEPT));
  return next;
};

/** What a snapshot holds beside its place. */
export interface Stored {
  /** The next offset to fold. */
  readonly offset: number;
  readonly state: Uint8Array;
  readonly seen: SeenPositions;
  /** The last record that was folded, where there was one: its checksum shows later that the log is still the same. */
  readonly last?: Pick<LogRecord, 'offset' | 'value'>;
}

export interface Found<State> {
  readonly offset: number;
  readonly state: State;
  readonly seen: SeenPositions;
}

/** The snapshots of one service: bytes in the artifact store, announced on `<service>.snapshots` (laws L7, L8). */
export class Snapshots {
  private readonly followed: FollowedTopic<Catalog>;
  private readonly template: EnvelopeTemplate;

  constructor(
    private readonly options: {
      readonly service: string;
      readonly log: EventLog;
      readonly namespace: string;
      /** Full name of `<service>.snapshots`. */
      readonly topic: string;
      readonly store: SnapshotStore;
      readonly sleep: (ms: number) => Promise<void>;
      readonly warn: (message: string) => void;
    },
  ) {
    this.template = new EnvelopeTemplate({ type: SnapshotTaken.type, source: options.service });
    this.followed = new FollowedTopic<Catalog>({
      log: options.log,
      topic: options.topic,
      initial: new Map(),
      evolve: evolveCatalog,
      newestOnly: true,
      sleep: options.sleep,
      onRefused: (record, error) =>
        options.warn(
          `snapshot announcement ${record.partition}-${record.offset} is not readable: ${String(error)}`,
        ),
    });
  }

  start(): Promise<void> {
    return this.followed.start();
  }

  stop(): Promise<void> {
    return this.followed.stop();
  }

  /**
   * The newest usable snapshot at or below an offset. One that is missing, damaged, of another place, or of a log that was rewritten
   * since is passed over with a warning that names it: the next older one is taken, or none.
   */
  async newest<State>(
    place: SnapshotPlace,
    atOrBelow: number,
    decode: (bytes: Uint8Array) => State,
  ): Promise<Found<State> | undefined> {
    const known = this.followed.state.get(placeKey(place)) ?? [];
    for (const taken of known.filter(({ offset }) => offset <= atOrBelow).reverse()) {
      try {
        const { seen, state } = unpack(await this.options.store.get(taken.artifact), taken);
        await this.checkNotRewritten(taken);
        return { offset: taken.offset, state: decode(state), seen };
      } catch (error) {
        this.options.warn(
          `snapshot ${taken.artifact} of ${placeKey(place)} at ${taken.offset} is not used: ${messageOf(error)}`,
        );
      }
    }
    return undefined;
  }

  /** Law L4 for a snapshot. A record that retention has cut is no difference. */
  private async checkNotRewritten({ topic: name, partition, offset, last }: Taken): Promise<void> {
    const { log, namespace } = this.options;
    const topic = qualify(namespace, name);
    const ends = (await log.ends(topic))[partition];
    if (!ends || ends.end < offset) throw new Error(`the log ends at ${ends?.end ?? 0}, before it`);
    if (!last || last.offset < ends.start) return;
    for await (const { value } of readRecords(log, topic, partition, last.offset, last.offset + 1)) {
      if (checksumOf(value) === last.crc) return;
      throw new Error(
        `record ${partition}-${last.offset} has checksum ${checksumOf(value)}, it was taken after one with ${last.crc}: the log was rewritten`,
      );
    }
  }

  /** Stores the bytes, then gives the fact that announces them; the caller appends it. */
  async store(place: SnapshotPlace, stored: Stored, time: number): Promise<NewRecord> {
    const { offset, last } = stored;
    const bytes = pack(place, stored);
    const artifact = await this.options.store.put(bytes);
    const value = encodeEvent(SnapshotTaken, {
      ...place,
      offset,
      artifact,
      bytes: bytes.length,
      ...(last && { last: { offset: last.offset, crc: checksumOf(last.value) } }),
    });
    const id = `${placeKey(place)}@${offset}`;
    return {
      topic: this.options.topic,
      partition: 0,
      key: Buffer.from(placeKey(place)),
      value,
      headers: this.template.headers(id, new Date(time).toISOString()),
    };
  }
}

/** The place stands in the bytes, too: an announcement that names the bytes of another place is found out. */
const headOf = ({ fold, definition, topic, partition, offset }: SnapshotPlace & { offset: number }) => ({
  version: 2,
  fold,
  definition,
  topic,
  partition,
  offset,
});

const pack = (place: SnapshotPlace, { offset, state, seen }: Stored): Buffer => {
  const head = Buffer.from(JSON.stringify({ ...headOf({ ...place, offset }), bytes: state.length, seen }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, state]);
};

const unpack = (bytes: Buffer, taken: Taken): { seen: SeenPositions; state: Buffer } => {
  const end = bytes.length < 4 ? Infinity : 4 + bytes.readUInt32LE(0);
  if (end > bytes.length) throw new Error('it is cut short');
  const { seen, ...head } = JSON.parse(bytes.toString('utf8', 4, end)) as {
    bytes: number;
    seen: [string, number, number][];
  };
  const expected = JSON.stringify({ ...headOf(taken), bytes: bytes.length - end });
  if (JSON.stringify(head) !== expected) throw new Error(`it is ${JSON.stringify(head)}, not ${expected}`);
  return { seen: SeenPositions.from(seen), state: bytes.subarray(end) };
};
