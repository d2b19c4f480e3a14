import { compileObservationReader } from '#contracts';
import type { EventLog } from '#eventlog';
import { canonicalKey } from '#kernel';
import { readToCut, type TopicName } from './read-to-cut';
import type { TriggerRange } from './read-vectors';
import type { VectorTable } from './vector-table';

/** Fields of the events behind the rows of a table, as texts: what rows are sliced and compared by, and never learned from. */
export interface TriggerFields {
  readonly names: readonly string[];
  /** Null where the event does not have the field. */
  text(row: number, field: number): string | null;
}

/** Reads fields of the observations behind a table's rows; both stand in the order of (trigger partition, offset). */
export const readTriggerFields = async (
  log: EventLog,
  topic: TopicName,
  triggers: readonly TriggerRange[],
  table: VectorTable,
  names: readonly string[],
): Promise<TriggerFields> => {
  const columns = names.map(() => new TextColumn(table.rows));
  const read = compileObservationReader([...names]);
  let row = 0;
  const isBefore = (partition: number, offset: number): boolean =>
    row < table.rows &&
    (table.partitions[row]! < partition ||
      (table.partitions[row] === partition && table.offsets[row]! < offset));
  await readToCut(log, topic, await rangesOf(log, topic, triggers), ({ partition, offset, value }) => {
    while (isBefore(partition, offset)) row++;
    if (table.partitions[row] !== partition || table.offsets[row] !== offset) return;
    const observation = read(value!) as Record<string, unknown>;
    columns.forEach((column, field) => column.set(row, canonicalKey(observation[names[field]!])));
  });
  return { names, text: (at, field) => columns[field]!.get(at) };
};

/** Each partition has a range: those without triggers an empty one. */
const rangesOf = async (log: EventLog, topic: TopicName, triggers: readonly TriggerRange[]) => {
  const ends = await log.ends(topic.full);
  const ranges = ends.map(({ partition, start }) => {
    const range = triggers.find((each) => each.partition === partition);
    return { topic: topic.name, partition, from: range?.from ?? start, to: range?.to ?? start };
  });
  return { by: 'ranges' as const, ranges };
};

/** A text costs its length once, a row four bytes. */
class TextColumn {
  private readonly known = new Map<string, number>();
  private readonly values: (string | null)[] = [null];
  private readonly codes: Uint32Array;

  constructor(rows: number) {
    this.codes = new Uint32Array(rows);
  }

  set(row: number, text: string | null): void {
    if (text === null) return;
    let code = this.known.get(text);
    if (code === undefined) {
      code = this.values.push(text) - 1;
      this.known.set(text, code);
    }
    this.codes[row] = code;
  }

  get(row: number): string | null {
    return this.values[this.codes[row]!]!;
  }
}
