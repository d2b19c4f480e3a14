import { SeenIds } from './seen-ids';
import { NO_WATERMARK, advance, type Watermark } from './watermark';

/** What one observation says to the state. Everything here stands in the observation's record. */
export interface Observed {
  /** Canonical id of the event. */
  readonly id: string;
  /** Event time in milliseconds. */
  readonly time: number;
  /** The inbox position that the record was moved from, where it was. */
  readonly movedFrom?: InboxPosition;
  /** The rejection or dead letter that was driven again, where it was: `<topic>/<partition>-<offset>`. */
  readonly redrivenFrom?: string;
}

export interface InboxPosition {
  readonly partition: number;
  readonly offset: number;
}

/** The parts of a stream's definition that the state depends on. */
export interface Horizons {
  readonly latenessMs: number;
  readonly dedupeMs: number;
  readonly skewMs: number;
  readonly jumpMs: number;
}

/** The state of one partition of a stream: a fold of that partition's own observations, and of nothing else (law L2). */
export interface StreamPartition {
  readonly ids: SeenIds;
  readonly redriven: SeenIds;
  watermark: Watermark;
  /** Highest applied offset of each partition that records were moved from. */
  readonly movedFrom: Map<number, number>;
}

export const initialPartition = (): StreamPartition => ({
  ids: new SeenIds(),
  redriven: new SeenIds(),
  watermark: NO_WATERMARK,
  movedFrom: new Map(),
});

/** Changes the state in place: it has one owner, and a copy for each event would be the cost of the service. */
export const evolve = (state: StreamPartition, observed: Observed, { dedupeMs, jumpMs }: Horizons): void => {
  const { id, time, movedFrom, redrivenFrom } = observed;
  state.watermark = advance(state.watermark, time, jumpMs);
  state.ids.add(id, time, state.watermark.at - dedupeMs);
  if (movedFrom)
    state.movedFrom.set(
      movedFrom.partition,
      Math.max(movedFrom.offset, state.movedFrom.get(movedFrom.partition) ?? -1),
    );
  if (redrivenFrom !== undefined) state.redriven.add(redrivenFrom, 0, 0);
};

/** Whether a copy from that position, or from one behind it, was applied before (law L3). */
export const wasMoved = (state: StreamPartition, from: InboxPosition): boolean =>
  from.offset <= (state.movedFrom.get(from.partition) ?? -1);

export const wasRedriven = (state: StreamPartition, from: string): boolean => state.redriven.has(from, 0);

/** Whether an event with this id and an event time within `dedupeMs` of the watermark was observed. */
export const wasObserved = (state: StreamPartition, id: string, { dedupeMs }: Horizons): boolean =>
  state.ids.has(id, state.watermark.at - dedupeMs);

export const isTooLate = (state: StreamPartition, time: number, { latenessMs }: Horizons): boolean =>
  time < state.watermark.at - latenessMs;

export const isTooEarly = (time: number, appendTime: number, { skewMs }: Horizons): boolean =>
  time > appendTime + skewMs;

interface SnapshotHead {
  readonly version: 1;
  readonly watermark: readonly [at: number | null, unconfirmed: number | null];
  readonly movedFrom: readonly (readonly [number, number])[];
  readonly idBytes: number;
}

export const encodePartition = (state: StreamPartition): Uint8Array => {
  const ids = state.ids.encode();
  const redriven = state.redriven.encode();
  const { at, unconfirmed } = state.watermark;
  const finite = (value: number): number | null => (value === -Infinity ? null : value);
  const head: SnapshotHead = {
    version: 1,
    watermark: [finite(at), finite(unconfirmed)],
    movedFrom: [...state.movedFrom],
    idBytes: ids.length,
  };
  const headBytes = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(4 + headBytes.length + ids.length + redriven.length);
  new DataView(bytes.buffer).setUint32(0, headBytes.length, true);
  bytes.set(headBytes, 4);
  bytes.set(ids, 4 + headBytes.length);
  bytes.set(redriven, 4 + headBytes.length + ids.length);
  return bytes;
};

/** Throws where the bytes are not a snapshot of this version: the state is then folded from the observations. */
export const decodePartition = (bytes: Uint8Array): StreamPartition => {
  const headEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headEnd))) as SnapshotHead;
  if (head.version !== 1)
    throw new RangeError(`version ${String(head.version)} of a partition's state is not known`);
  const [at, unconfirmed] = head.watermark;
  const idEnd = headEnd + head.idBytes;
  return {
    ids: SeenIds.decode(bytes.subarray(headEnd, idEnd)),
    redriven: SeenIds.decode(bytes.subarray(idEnd)),
    watermark: { at: at ?? -Infinity, unconfirmed: unconfirmed ?? -Infinity },
    movedFrom: new Map(head.movedFrom),
  };
};
