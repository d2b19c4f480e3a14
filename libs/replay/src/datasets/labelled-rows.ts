import { createHash } from 'node:crypto';
import { LabelJoin, compileSplit, type LabelBook, type Side, type SplitRule } from '#features';
import { canonicalJson, type CanonicalValue } from '#kernel';
import type { Cell, Column } from '#parquet';
import { inSlices } from './in-slices';
import type { TriggerFields } from './trigger-fields';
import type { VectorTable } from './vector-table';

/** The rows of a data set with their labels and sides, in canonical order: (trigger partition, offset). */
export interface LabelledRows {
  readonly table: VectorTable;
  readonly features: readonly string[];
  readonly join: LabelJoin;
  /** By row of `join`. */
  readonly sides: readonly Side[];
  /** By row of `table`; text columns beside the features. */
  readonly fields?: TriggerFields;
}

/**
 * @param matureUntil epoch ms: time of the cut less the maturity of the label.
 * @param keeps rows without a label are kept.
 */
export const labelRows = async (
  table: VectorTable,
  features: readonly string[],
  book: LabelBook,
  matureUntil: number,
  split: SplitRule,
  keeps = false,
): Promise<LabelledRows> => {
  const join = new LabelJoin(book, matureUntil, keeps);
  await inSlices(table.rows, (from, to) => {
    for (let row = from; row < to; row++) join.add(row, table.eventIds[row]!, table.times[row]!);
  });
  const newest = join.rows.reduce((latest, row) => Math.max(latest, table.times[row]!), -Infinity);
  const sideOf = compileSplit(split, newest);
  const sides: Side[] = [];
  await inSlices(join.rows.length, (from, to) => {
    for (let at = from; at < to; at++) {
      const row = join.rows[at]!;
      const eventId = table.eventIds[row]!;
      sides.push(sideOf({ eventTime: table.times[row]!, entity: table.entity(row), eventId }));
    }
  });
  return { table, features, join, sides };
};

/**
 * SHA-256 over a line with the names of the features and the split, and one line of JSON for each row in canonical order: what the
 * data set is, whatever file holds it. The sides follow from the rows and the split.
 */
export const digestOfRows = async (
  { table, features, join, fields }: LabelledRows,
  split: SplitRule,
): Promise<string> => {
  const head = {
    features: [...features],
    split: { ...split },
    ...(fields && { fields: [...fields.names] }),
  };
  const hash = createHash('sha256').update(`${canonicalJson(head as CanonicalValue)}\n`);
  await inSlices(join.rows.length, (from, to) => {
    let text = '';
    for (let at = from; at < to; at++) {
      const row = join.rows[at]!;
      const position = [table.partitions[row], table.offsets[row]];
      const label = [join.labels[at], join.labelPartitions[at], join.labelOffsets[at]];
      const line = [
        table.eventIds[row],
        table.times[row],
        table.entity(row),
        position,
        table.values(row),
        label,
        ...(fields ? [fields.names.map((_, field) => fields.text(row, field))] : []),
      ];
      text += `${JSON.stringify(line)}\n`;
    }
    hash.update(text);
  });
  return hash.digest('hex');
};

const BEFORE: readonly Column[] = [
  { name: 'event_id', type: 'text' },
  { name: 'event_time', type: 'timestamp' },
  { name: 'entity', type: 'text' },
  { name: 'partition', type: 'integer' },
  { name: 'offset', type: 'bigint' },
];
const BEHIND: readonly Column[] = [
  { name: 'label', type: 'double' },
  { name: 'label_partition', type: 'integer' },
  { name: 'label_offset', type: 'bigint' },
];

/** Names that a feature of a data set cannot have. */
export const RESERVED_COLUMNS: readonly string[] = [...BEFORE, ...BEHIND].map(({ name }) => name);

/** The columns of a part's file: `partition` and `offset` are the trigger's, `label_partition` and `label_offset` the label's. */
export const columnsOf = (features: readonly string[], fields: readonly string[] = []): readonly Column[] => [
  ...BEFORE,
  ...features.map((name): Column => ({ name, type: 'double' })),
  ...BEHIND,
  ...fields.map((name): Column => ({ name, type: 'text' })),
];

/** One side of the data set as the writer of files asks for it. */
export interface Part {
  readonly rows: number;
  readonly cell: (row: number, column: number) => Cell;
  /** Rows with label 1; null unless all labels are 0 or 1. */
  readonly positives: number | null;
}

export const partOf = ({ table, features, join, sides, fields }: LabelledRows, side: Side): Part => {
  const members: number[] = [];
  sides.forEach((each, at) => each === side && members.push(at));
  const labels = members.map((at) => join.labels[at]!);
  const isBinary = labels.every((label) => label === 0 || label === 1 || Number.isNaN(label));
  const labelAt = BEFORE.length + features.length;
  const fieldsAt = labelAt + BEHIND.length;
  const cell = (member: number, column: number): Cell => {
    const at = members[member]!;
    const row = join.rows[at]!;
    if (column >= BEFORE.length && column < labelAt) return table.value(row, column - BEFORE.length);
    if (column >= fieldsAt) return fields!.text(row, column - fieldsAt);
    switch (column < labelAt ? column : column - features.length) {
      case 0:
        return table.eventIds[row]!;
      case 1:
        return table.times[row]!;
      case 2:
        return table.entity(row);
      case 3:
        return table.partitions[row]!;
      case 4:
        return table.offsets[row]!;
      case 5:
        return known(join.labels[at]!);
      case 6:
        return known(join.labelPartitions[at]!);
      default:
        return known(join.labelOffsets[at]!);
    }
  };
  return {
    rows: members.length,
    cell,
    positives: isBinary ? labels.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0) : null,
  };
};

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
