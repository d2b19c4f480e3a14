/**
 * What a model answers for a row: the probability of the label 1, one probability for each class, a number, how strange the row is, or how
 * well it belongs to its query.
 */
export const TASKS = ['binary', 'multiclass', 'regression', 'anomaly', 'ranking'] as const;
export type Task = (typeof TASKS)[number];

/** A training table by columns. Missing values are NaN; nothing here is ever written to by a trainer. */
export interface DataSet {
  readonly featureNames: readonly string[];
  /** One column for each feature, all as long as `labels`. Trainers see the values rounded to float32, as serving does. */
  readonly columns: readonly (Float64Array | Float32Array)[];
  /**
   * binary: 0 or 1. multiclass: the index of the class, 0 to at most MAX_CLASSES - 1. regression: any number that float32 can hold.
   * ranking: how relevant the row is to its query, a whole number from 0 to 31. anomaly: 1 where the row is known to be strange, 0
   * where it is known not to be, else NaN; only judged by, never learned from.
   */
  readonly labels: Float64Array;
  /** ranking: the query of each row; neighbours with the same number are one query. */
  readonly groups?: Float64Array;
}

export const MAX_CLASSES = 1_000;
const MAX_RELEVANCE = 31;

/** Number of classes of a multiclass task: the greatest label and one. */
export const classesOf = (labels: Float64Array): number =>
  labels.reduce((most, label) => (label > most ? label : most), 0) + 1;

export const MAX_FLOAT32 = 3.4028234663852886e38;

/** Every reason why `data` cannot be trained on; empty when it can. `role` names it in the messages. */
export const dataFaults = (task: Task, data: DataSet, role = 'data'): string[] => [
  ...shapeFaults(data, role),
  ...labelFaults(task, data.labels, role),
  ...groupFaults(task, data, role),
];

const shapeFaults = ({ featureNames, columns, labels }: DataSet, role: string): string[] => {
  const faults: string[] = [];
  if (columns.length === 0) faults.push(`${role} has no features`);
  if (labels.length === 0) faults.push(`${role} has no rows`);
  if (columns.length !== featureNames.length) {
    faults.push(`${role} has ${columns.length} columns but ${featureNames.length} feature names`);
  }
  const repeated = featureNames.filter((name, index) => featureNames.indexOf(name) !== index);
  for (const name of new Set(repeated)) faults.push(`${role} has the feature "${name}" more than once`);
  columns.forEach((column, index) => {
    if (column.length !== labels.length) {
      faults.push(
        `${role}: column "${featureNames[index] ?? index}" has ${column.length} rows, the labels ${labels.length}`,
      );
    }
  });
  return faults;
};

const labelFaults = (task: Task, labels: Float64Array, role: string): string[] => {
  const at = (wrong: (label: number) => boolean, why: (label: number) => string): string[] => {
    const row = labels.findIndex(wrong);
    return row < 0 ? [] : [`${role}: the label of row ${row} is ${why(labels[row]!)}`];
  };
  if (task !== 'anomaly') {
    const missing = at(Number.isNaN, () => 'missing (NaN)');
    if (missing.length > 0) return missing;
  }
  const whole = (most: number) => (label: number) =>
    !(Number.isInteger(label) && label >= 0 && label <= most);
  switch (task) {
    case 'binary':
      return at(whole(1), (label) => `${label}; a binary task has 0 and 1`);
    case 'multiclass':
      return at(
        whole(MAX_CLASSES - 1),
        (label) => `${label}; a multiclass task has classes 0, 1, ... up to ${MAX_CLASSES - 1}`,
      );
    case 'regression':
      return at(
        (label) => Math.abs(label) > MAX_FLOAT32,
        (label) => `beyond float32: ${label}`,
      );
    case 'anomaly':
      return at(
        (label) => !Number.isNaN(label) && label !== 0 && label !== 1,
        (label) => `${label}; an anomaly task has 1, 0 or nothing`,
      );
    case 'ranking':
      return at(
        whole(MAX_RELEVANCE),
        (label) => `${label}; relevance is a whole number from 0 to ${MAX_RELEVANCE}`,
      );
  }
};

const groupFaults = (task: Task, { groups, labels }: DataSet, role: string): string[] =>
  task === 'ranking' && groups?.length !== labels.length
    ? [`${role}: a ranking task needs \`groups\`, the query of each of the ${labels.length} rows`]
    : [];

/** The one class that all labels have, or null when there are two (or none). */
export const singleClassOf = (labels: Float64Array): number | null => {
  const first = labels[0];
  return first === undefined || labels.some((label) => label !== first) ? null : first;
};

/** The columns as models see them. A column that is float32 already is shared, not copied. */
export const float32Columns = (columns: DataSet['columns']): Float32Array[] =>
  columns.map((column) => (column instanceof Float32Array ? column : Float32Array.from(column)));

/** The rows of `columns` one behind the other, [rows, features], as the `input` of a model wants them. */
export const rowMajor = (columns: DataSet['columns']): Float32Array => {
  const features = columns.length;
  const rows = new Float32Array(features * (columns[0]?.length ?? 0));
  columns.forEach((column, feature) => {
    for (let row = 0; row < column.length; row++) rows[row * features + feature] = column[row]!;
  });
  return rows;
};
