/** A stream of rows of numbers with their labels, a model over them and a deployment of it; as a user would write them. */
export interface TreesDefinitions {
  /** Of all of them. */
  readonly name: string;
  readonly features: number;
}

export interface DeploymentDefinition {
  readonly name: string;
  readonly model: string;
  readonly logging?: 'durable' | 'async';
}

const PARTITIONS = 4;

const namesOf = (features: number): string[] => Array.from({ length: features }, (_, i) => `f${i + 1}`);

const kind = (name: string, word: string, spec: object): string =>
  JSON.stringify({ kind: word, name, spec }, null, 1);

/** Documents of one file: JSON is YAML. */
export const definitionsOf = ({ name, features }: TreesDefinitions): string => {
  const numbers = namesOf(features);
  const number = { type: 'number', decimals: 4 };
  const text = { type: 'string' };
  const event = { id: text, at: { type: 'timestamp' }, entity: text };
  return [
    kind(name, 'Stream', {
      key: 'entity',
      id: 'id',
      time: 'at',
      partitions: PARTITIONS,
      fields: { ...event, ...Object.fromEntries(numbers.map((each) => [each, number])) },
    }),
    kind(`${name}-labels`, 'Stream', {
      key: 'entity',
      id: 'id',
      time: 'at',
      partitions: PARTITIONS,
      fields: { ...event, row: text, label: { type: 'boolean' } },
    }),
    kind(name, 'FeatureView', {
      stream: name,
      entity: 'entity',
      features: numbers.map((each) => ({ name: each, value: each })),
    }),
    kind(name, 'FeatureService', { trigger: name, views: [name] }),
    kind(name, 'Label', { stream: `${name}-labels`, on: 'row', value: 'label', maturity: '0s' }),
    kind(name, 'Model', {
      task: 'binary',
      features: name,
      label: name,
      split: { by: 'random', holdout: 0.5 },
      trainer: { kind: 'gbdt', parameters: { trees: 100, depth: 6 } },
    }),
    deploymentOf({ name, model: name }),
  ].join('\n---\n');
};

export const deploymentOf = ({ name, model, logging }: DeploymentDefinition): string =>
  kind(name, 'Deployment', { model, alias: 'champion', from: 'now', ...(logging && { logging }) });

const START = Date.UTC(2026, 0, 1);

/** Event `index` of the stream: one each second. */
export const eventOf = (row: readonly number[], index: number): Record<string, unknown> => ({
  id: `r${index}`,
  at: new Date(START + 1_000 * index).toISOString(),
  entity: `e${index % 500}`,
  ...Object.fromEntries(row.map((value, i) => [`f${i + 1}`, value])),
});

export const labelEventOf = (label: number, index: number): Record<string, unknown> => ({
  id: `l${index}`,
  at: new Date(START + 1_000 * index).toISOString(),
  entity: `e${index % 500}`,
  row: `r${index}`,
  label: label === 1,
});
