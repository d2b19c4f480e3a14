import { groupNumbers, type DataSet, type Grouping } from '#learn';

/** A part of the data set by columns, in the canonical order of its rows: (trigger partition, offset). */
export interface Part {
  /** Trigger partition of each row. */
  readonly partitions: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly labels: Float64Array;
  /** Event time of each row, epoch ms; needed for folds in time. */
  readonly times?: Float64Array;
  /** Text columns by name, such as the entity: what rows are sliced and compared by. */
  readonly texts?: Readonly<Record<string, Grouping>>;
  /** ranking: the query of each row; rows of one query stand together. */
  readonly groups?: Float64Array;
}

/** What rows are divided by: a feature, or a text column; undefined where the part has neither. */
export const groupingOf = (
  { columns, texts }: Part,
  features: readonly string[],
  field: string,
): Grouping | undefined => {
  const column = columns[features.indexOf(field)];
  return column ? groupNumbers(column) : texts?.[field];
};

/** Some of the rows, in the order given. */
export const pickRows = (part: Part, rows: ArrayLike<number>): Part => {
  const of = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  const { partitions, columns, labels, times, texts, groups } = part;
  return {
    partitions: of(partitions),
    columns: columns.map(of),
    labels: of(labels),
    ...(times && { times: of(times) }),
    ...(texts && {
      texts: Object.fromEntries(
        Object.entries(texts).map(([name, { values, codes }]) => [
          name,
          { values, codes: Uint32Array.from(rows, (row) => codes[row]!) },
        ]),
      ),
    }),
    ...(groups && { groups: of(groups) }),
  };
};

/** All rows of two parts, by partition: those of `b` behind those of `a` in each. Text columns are left out. */
export const joinParts = (a: Part, b: Part): Part => {
  const of = (one: Float64Array, other: Float64Array): Float64Array => {
    const both = new Float64Array(one.length + other.length);
    both.set(one);
    both.set(other, one.length);
    return both;
  };
  const joined: Part = {
    partitions: of(a.partitions, b.partitions),
    columns: a.columns.map((column, i) => of(column, b.columns[i]!)),
    labels: of(a.labels, b.labels),
    ...(a.times && b.times && { times: of(a.times, b.times) }),
    ...(a.groups && b.groups && { groups: of(a.groups, b.groups) }),
  };
  if (joined.groups) return joined;
  const { partitions } = joined;
  const order = Uint32Array.from(partitions.keys()).sort((x, y) => partitions[x]! - partitions[y]! || x - y);
  return pickRows(joined, order);
};

export interface QueryOrder {
  readonly rows: Uint32Array;
  /** The query of each of them. */
  readonly groups: Float64Array;
}

/** The rows with those of one query together, in the order in which queries begin; without such a field all are one query. */
export const queryOrder = (
  part: Part,
  features: readonly string[],
  query: string | undefined,
): QueryOrder => {
  // A number is a query by its value, however many there are.
  const numbers = part.columns[features.indexOf(query ?? '')];
  const codes = numbers ? codesOf(numbers) : part.texts?.[query ?? '']?.codes;
  const rows = Uint32Array.from(part.labels.keys());
  if (codes === undefined) return { rows, groups: new Float64Array(rows.length) };
  rows.sort((a, b) => codes[a]! - codes[b]! || a - b);
  return { rows, groups: Float64Array.from(rows, (row) => codes[row]!) };
};

export const withQueries = (part: Part, { rows, groups }: QueryOrder): Part => ({
  ...pickRows(part, rows),
  groups,
});

const codesOf = (numbers: Float64Array): Uint32Array => {
  const known = new Map<number, number>();
  return Uint32Array.from(numbers, (number) => {
    const code = known.get(number) ?? known.size;
    known.set(number, code);
    return code;
  });
};

export const dataSetOf = (featureNames: readonly string[], { columns, labels, groups }: Part): DataSet => ({
  featureNames,
  columns,
  labels,
  ...(groups && { groups }),
});

/** At most so many of the rows, evenly spaced, in their order; whole queries of a ranking. */
export const sampleRows = ({ labels, groups }: Part, most: number): Uint32Array => {
  const rows = labels.length;
  if (groups) {
    const kept = new Set<number>();
    const all = [...new Set(groups)];
    const each = Math.max(1, Math.floor((all.length * most) / Math.max(1, rows)));
    for (let i = 0; i < Math.min(each, all.length); i++)
      kept.add(all[Math.floor((i * all.length) / Math.min(each, all.length))]!);
    return Uint32Array.from([...groups.keys()].filter((row) => kept.has(groups[row]!)));
  }
  const size = Math.min(most, rows);
  return Uint32Array.from({ length: size }, (_, i) => Math.floor((i * rows) / size));
};

/**
 * Cuts off a share of the rows, the latest of each partition: rows stand in log order, so what is watched lies behind what is learned
 * from. Of queries the last ones, whole.
 */
export const cutLatest = (part: Part, share: number): { readonly rows: Part; readonly latest: Part } => {
  const { partitions, groups } = part;
  const learned: number[] = [];
  const watched: number[] = [];
  if (groups) {
    const queries = new Set(groups);
    const last = new Set([...queries].slice(queries.size - Math.floor(queries.size * share)));
    groups.forEach((group, row) => (last.has(group) ? watched : learned).push(row));
    return { rows: pickRows(part, learned), latest: pickRows(part, watched) };
  }
  for (let from = 0; from < partitions.length;) {
    let to = from;
    while (to < partitions.length && partitions[to] === partitions[from]) to++;
    const cut = to - Math.floor((to - from) * share);
    for (let row = from; row < to; row++) (row < cut ? learned : watched).push(row);
    from = to;
  }
  return { rows: pickRows(part, learned), latest: pickRows(part, watched) };
};
