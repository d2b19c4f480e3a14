import { EnvelopeTemplate, SnapshotTaken, decodeEvent, encodeEvent, type EventOf } from '#contracts';
import type { EventLog, LogRecord, NewRecord } from '../port';
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

const placeKey = (place: Omit<SnapshotPlace, 'definition'>): string =>
  `${place.fold}/${place.topic}/${place.partition}`;

/** Newest snapshots by place, kept short: a restore takes the newest at or below its resume point. */
type Catalog = ReadonlyMap<string, readonly Taken[]>;

const KEPT = 16;

const evolveCatalog = (catalog: Catalog, record: LogRecord): Catalog => {
  const taken = decodeEvent(SnapshotTaken, record.value);
  const next = new Map(catalog);
  next.set(placeKey(taken), [...(catalog.get(placeKey(taken)) ?? []), taken].slice(-KEPT));
  return next;
};

export interface Restored {
  readonly offset: number;
  readonly state: Uint8Array;
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

  /** The newest usable snapshot at or below an offset. A corrupt or missing one is passed over with a warning. */
  async newest(place: SnapshotPlace, atOrBelow: number): Promise<Restored | undefined> {
    const candidates = (this.followed.state.get(placeKey(place)) ?? [])
      .filter((taken) => taken.definition === place.definition && taken.offset <= atOrBelow)
      .sort((a, b) => b.offset - a.offset);
    for (const taken of candidates) {
      try {
        const { seen, state } = unpack(await this.options.store.get(taken.artifact));
        return { offset: taken.offset, state, seen };
      } catch (error) {
        this.options.warn(
          `snapshot ${taken.artifact} of ${placeKey(place)} at ${taken.offset} is not used: ${String(error)}`,
        );
      }
    }
    return undefined;
  }

  /** Stores the bytes, then gives the fact that announces them; the caller appends it. */
  async store(
    place: SnapshotPlace,
    offset: number,
    state: Uint8Array,
    seen: SeenPositions,
    time: number,
  ): Promise<NewRecord> {
    const bytes = pack(state, seen);
    const artifact = await this.options.store.put(bytes);
    const value = encodeEvent(SnapshotTaken, { ...place, offset, artifact, bytes: bytes.length });
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

const pack = (state: Uint8Array, seen: SeenPositions): Buffer => {
  const head = Buffer.from(JSON.stringify({ version: 1, seen }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, state]);
};

const unpack = (bytes: Buffer): { seen: SeenPositions; state: Buffer } => {
  const end = 4 + bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, end)) as {
    version: number;
    seen: [string, number, number][];
  };
  if (head.version !== 1) throw new Error(`snapshot version ${head.version} is not known`);
  return { seen: SeenPositions.from(head.seen), state: bytes.subarray(end) };
};
