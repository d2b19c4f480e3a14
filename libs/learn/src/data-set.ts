/** What a supervised model answers: a probability of the label 1, or a number. */
export type Task = 'binary' | 'regression';

/** A training table by columns. Missing values are NaN; nothing here is ever written to by a trainer. */
export interface DataSet {
  readonly featureNames: readonly string[];
  /** One column for each feature, all as long as `labels`. Trainers see the values rounded to float32, as serving does. */
  readonly columns: readonly (Float64Array | Float32Array)[];
  /** 0 or 1 for a binary task, any number that float32 can hold for a regression. */
  readonly labels: Float64Array;
}

export const MAX_FLOAT32 = 3.4028234663852886e38;

/** Every reason why `data` cannot be trained on; empty when it can. `role` names it in the messages. */
export const dataFaults = (task: Task, data: DataSet, role = 'data'): string[] => [
  ...shapeFaults(data, role),
  ...labelFaults(task, data.labels, role),
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
  const missing = labels.findIndex(Number.isNaN);
  if (missing >= 0) return [`${role}: the label of row ${missing} is missing (NaN)`];
  if (task === 'regression') {
    const large = labels.findIndex((label) => Math.abs(label) > MAX_FLOAT32);
    return large < 0 ? [] : [`${role}: the label of row ${large} is beyond float32: ${labels[large]}`];
  }
  const odd = labels.findIndex((label) => label !== 0 && label !== 1);
  return odd < 0 ? [] : [`${role}: the label of row ${odd} is ${labels[odd]}; a binary task has 0 and 1`];
};

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
