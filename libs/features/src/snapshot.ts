import { ContractViolation, sha256, type Watermark } from '#kernel';
import type { Plan } from './compile';
import { EntityState } from './entity';
import { ByteReader, ByteWriter } from './bytes';
import { UnboundedWindow } from './windows';

/*
 * magic and version, definition digest, watermark, entities, SHA-256 of all that (hex). An entity: key, newest values, the sums
 * that dropped events left in unbounded windows, rows. What runs over the rows is not stored: it is a function of them.
 */
const MAGIC = 'PHFS1';

export const writeSnapshot = (
  plan: Plan,
  watermark: Watermark,
  entities: ReadonlyMap<string, EntityState>,
): Uint8Array => {
  const writer = new ByteWriter();
  writer.text(MAGIC);
  writer.text(plan.stateDigest);
  writer.number(watermark.time);
  writer.number(watermark.unconfirmed ?? NaN);
  writer.count(entities.size);
  for (const [key, entity] of entities) writeEntity(writer, plan, key, entity);
  writer.text(sha256(writer.bytes()));
  return writer.bytes();
};

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

/** Keys as JSON: UTF-8 has no form for half a surrogate pair, JSON has. */
const writeEntity = (
  writer: ByteWriter,
  plan: Plan,
  key: string,
  { buffer, windows, latest }: EntityState,
): void => {
  writer.text(JSON.stringify(key));
  writer.number(latest === null ? NaN : latest.time);
  if (latest !== null) for (const value of latest.values) writer.number(value ?? NaN);
  for (const window of windows) {
    if (window instanceof UnboundedWindow)
      for (const accumulator of window.settled) writer.numbers(accumulator.save());
  }
  writer.count(buffer.length);
  for (let index = buffer.head; index < buffer.tail; index++) {
    writer.number(buffer.time(index));
    for (let column = 0; column < plan.columns.length; column++) writer.number(buffer.value(index, column));
  }
};

const readEntity = (reader: ByteReader, plan: Plan): EntityState => {
  const entity = new EntityState(plan);
  const time = reader.number();
  if (!Number.isNaN(time))
    entity.latest = { time, values: plan.outputs.map(() => nullForNaN(reader.number())) };
  const settled = plan.windows.map(({ width, slots }) =>
    width === Infinity ? slots.map(() => reader.numbers()) : [],
  );
  const cells = new Float64Array(plan.columns.length);
  for (let left = reader.count(); left > 0; left--) {
    const rowTime = reader.number();
    for (let column = 0; column < cells.length; column++) cells[column] = reader.number();
    entity.buffer.append(rowTime, cells);
  }
  entity.rebuild(plan, settled);
  return entity;
};

const nullForNaN = (value: number): number | null => (Number.isNaN(value) ? null : value);
