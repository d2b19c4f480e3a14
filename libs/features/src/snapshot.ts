import { ContractViolation, sha256, type Watermark } from '#kernel';
import type { Plan } from './plan';
import { EntityState, type Settled } from './entity';
import { ByteReader, ByteWriter } from './bytes';
import { UnboundedWindow } from './windowing';

/*
 * magic and version, definition digest, watermark, entities, SHA-256 of all that (hex). An entity: key, newest time and
 * values, what dropped events left in windows without an end, tiles, rows (texts as such). What runs over rows and tiles is not stored: it
 * is a function of them.
 */
const MAGIC = 'PHFS2';

/** Events that are written between two pauses: a few milliseconds. */
const PIECE = 8_192;

/** Yields where the caller may pause, with the state at rest, and returns the bytes. */
export function* writeSnapshot(
  plan: Plan,
  watermark: Watermark,
  entities: ReadonlyMap<string, EntityState>,
): Generator<void, Uint8Array> {
  const writer = new ByteWriter();
  writer.text(MAGIC);
  writer.text(plan.stateDigest);
  writer.number(watermark.time);
  writer.number(watermark.unconfirmed ?? NaN);
  writer.count(entities.size);
  let written = 0;
  for (const [key, entity] of entities) {
    writeEntity(writer, plan, key, entity);
    written += 8 + entity.buffer.length;
    if (written < PIECE) continue;
    written = 0;
    yield;
  }
  writer.text(sha256(writer.bytes()));
  return writer.bytes();
}

/** Fills `entities` and gives the watermark. */
export const readSnapshot = (
  plan: Plan,
  bytes: Uint8Array,
  entities: Map<string, EntityState>,
): Watermark => {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  const checksum = new ByteWriter();
  checksum.text(sha256(body));
  if (!equalBytes(checksum.bytes(), bytes.subarray(body.length))) throw unusable('its checksum is wrong');
  const reader = new ByteReader(body);
  if (reader.text() !== MAGIC) throw unusable('it is of another version');
  const digest = reader.text();
  if (digest !== plan.stateDigest)
    throw unusable(`it is of the definition ${digest}, not ${plan.stateDigest}`);
  const time = reader.number();
  const unconfirmed = reader.number();
  for (let left = reader.count(); left > 0; left--) {
    const key = JSON.parse(reader.text()) as string;
    entities.set(key, readEntity(reader, plan));
  }
  return { time, unconfirmed: Number.isNaN(unconfirmed) ? null : unconfirmed };
};

const CHECKSUM_BYTES = 4 + 64;

const unusable = (why: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_FEATURES_SNAPSHOT_INVALID', `the snapshot cannot be used: ${why}`);

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The entity on its own: what is folded into the copy changes nothing of it, and gives what it would give. */
export const copyEntity = (plan: Plan, entity: EntityState): EntityState => {
  const writer = new ByteWriter(COPY_BYTES);
  writeEntity(writer, plan, '', entity);
  const reader = new ByteReader(writer.bytes());
  reader.text();
  return readEntity(reader, plan);
};

/** Most entities fit. */
const COPY_BYTES = 4_096;

/** Keys as JSON: UTF-8 has no form for half a surrogate pair, JSON has. */
const writeEntity = (writer: ByteWriter, plan: Plan, key: string, entity: EntityState): void => {
  const { buffer, windows, latest, tiles, texts } = entity;
  writer.text(JSON.stringify(key));
  writer.number(entity.newest);
  writer.number(latest === null ? NaN : latest.time);
  if (latest !== null) for (const value of latest.values) writer.number(value ?? NaN);
  for (const window of windows) {
    if (window instanceof UnboundedWindow)
      for (const accumulator of window.settled) writer.numbers(accumulator.save());
  }
  for (const { tiles: kept } of tiles) {
    writer.count(kept.length);
    for (const { index, totals } of kept) {
      writer.number(index);
      for (const total of totals) writer.numbers(total.save());
    }
  }
  writer.count(buffer.length);
  for (let index = buffer.head; index < buffer.tail; index++) {
    writer.number(buffer.time(index));
    for (let column = 0; column < plan.columns.length; column++) {
      const value = buffer.value(index, column);
      if (plan.columns[column]!.isText)
        writer.text(value === value ? JSON.stringify(texts!.text(value)) : '');
      else writer.number(value);
    }
  }
};

const readEntity = (reader: ByteReader, plan: Plan): EntityState => {
  const newest = reader.number();
  const time = reader.number();
  const latest = Number.isNaN(time)
    ? null
    : { time, values: plan.outputs.map(() => nullForNaN(reader.number())) };
  const settled: Settled = plan.windows.map(({ reach, slots }) =>
    reach === Infinity ? slots.map(() => reader.numbers()) : [],
  );
  const entity = new EntityState(plan, settled, (empty) => readRows(reader, plan, empty));
  entity.newest = newest;
  entity.latest = latest;
  return entity;
};

const readRows = (reader: ByteReader, plan: Plan, { buffer, tiles, texts }: EntityState): void => {
  for (const { tiles: kept, plan: own } of tiles) {
    for (let left = reader.count(); left > 0; left--) {
      const index = reader.number();
      const totals = own.slots.map((slot) => slot.tile());
      for (const total of totals) total.load(reader.numbers());
      kept.push({ index, totals });
    }
  }
  const cells = new Float64Array(plan.columns.length);
  for (let left = reader.count(); left > 0; left--) {
    const time = reader.number();
    for (let column = 0; column < cells.length; column++) {
      if (!plan.columns[column]!.isText) {
        cells[column] = reader.number();
        continue;
      }
      const text = reader.text();
      cells[column] = text === '' ? NaN : texts!.take(JSON.parse(text) as string);
    }
    buffer.append(time, cells);
  }
};

const nullForNaN = (value: number): number | null => (Number.isNaN(value) ? null : value);
