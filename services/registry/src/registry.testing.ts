import {
  RolloutJudged,
  compileProject,
  loadDefinitions,
  type Definition,
  type EventOf,
  type TrainingRunCompleted,
} from '#contracts';
import { trainerOf } from '#learn';
import { CHECKED_RULES } from './domain/obstacles';
import type { Input, InputPosition } from './domain/inputs';
import type { RegistryState } from './domain/state';

/** The smallest whole project, as a user writes it. */
export const PROJECT = `
kind: Stream
name: transactions
spec:
  key: customer_id
  id: transaction_id
  time: event_time
  partitions: 4
  fields:
    transaction_id: { type: string }
    event_time: { type: timestamp }
    customer_id: { type: string }
    amount: { type: number, decimals: 2, min: 0, max: 100000 }
---
kind: Stream
name: fraud-labels
spec:
  key: customer_id
  id: label_id
  time: known_at
  partitions: 2
  fields: { label_id: {type: string}, known_at: {type: timestamp}, transaction_id: {type: string}, customer_id: {type: string}, is_fraud: {type: boolean} }
---
kind: FeatureView
name: customer-spend
spec:
  stream: transactions
  entity: customer_id
  features:
    - { name: amount, value: amount }
    - { name: tx_count_1d, aggregate: count, window: 1d }
---
kind: FeatureService
name: fraud
spec: { trigger: transactions, views: [customer-spend] }
---
kind: Label
name: fraud
spec: { stream: fraud-labels, on: transaction_id, value: is_fraud, maturity: 7d }
---
kind: Model
name: fraud
spec:
  task: binary
  features: fraud
  label: fraud
  trainer: { kind: gbdt, parameters: { trees: 10 } }
  gates: [ { metric: average_precision, min: 0.1 } ]
---
kind: Deployment
name: fraud
spec: { model: fraud, alias: champion, threshold: 0.5 }
---
kind: Monitor
name: fraud
spec: { deployment: fraud, performance: { metric: average_precision } }
`;

/** As PROJECT, with the window of its one aggregate changed: the feature service becomes another. */
export const changedWindow = (window: string, project = PROJECT): string =>
  project.replace('window: 1d', `window: ${window}`);

export const definitionsIn = (text: string): Definition[] =>
  loadDefinitions([{ path: 'project.yaml', text }]).definitions.map(
    ({ kind, name, spec }) => ({ kind, name, spec }) as Definition,
  );

const sha = (seed: string): string => Buffer.from(seed.padEnd(32, '.')).toString('hex').slice(0, 64);

let requests = 0;
const asked = (request = `request-${requests++}`) => ({ request, actor: 'ada' });

/** Inputs, each with a request id of its own unless one is given. */
export const apply = (text: string, engine = '1', request?: string): Input => ({
  type: 'definitions',
  value: { ...asked(request), engine, definitions: definitionsIn(text) as never },
});
export const train = (model = 'fraud', request?: string): Input => ({
  type: 'training',
  value: { ...asked(request), model },
});
export const cancel = (run: string, request?: string): Input => ({
  type: 'cancellation',
  value: { ...asked(request), run },
});
export const promote = (version: number, alias = 'champion', request?: string): Input => ({
  type: 'promotion',
  value: { ...asked(request), model: 'fraud', version, alias },
});
/** As the doors of today ask. */
export const promoteChecked = (version: number, alias = 'champion', actor = 'ada'): Input => ({
  type: 'promotion',
  value: { ...asked(), actor, model: 'fraud', version, alias, rules: CHECKED_RULES },
});
/** What the registry found when it loaded a version that a run gave. */
export const checked = (version: number, run: string, reason?: string): Input => ({
  type: 'check',
  value: {
    ...asked(),
    model: 'fraud',
    version,
    artifact: completed(run, null).artifact,
    ok: reason === undefined,
    rows: 8,
    ...(reason === undefined ? {} : { reason }),
  },
});
export const removeAlias = (alias: string): Input => ({
  type: 'alias-removal',
  value: { ...asked(), model: 'fraud', alias },
});
export const note = (
  version: number | undefined,
  tags: Record<string, string | null>,
  description?: string | null,
): Input => ({
  type: 'note',
  value: {
    ...asked(),
    model: 'fraud',
    ...(version === undefined ? {} : { version }),
    tags,
    ...(description === undefined ? {} : { description }),
  },
});
export const rollBack = (alias = 'champion', request?: string): Input => ({
  type: 'rollback',
  value: { ...asked(request), model: 'fraud', alias },
});
export const review = (
  version: number,
  verdict: 'approved' | 'rejected',
  request?: string,
  actor = 'ada',
): Input => ({
  type: 'review',
  value: { ...asked(request), actor, model: 'fraud', version, verdict },
});
/** PROJECT with an option of the deployment. */
export const withRollout = (option: string): string =>
  PROJECT.replace(
    'spec: { model: fraud, alias: champion, threshold: 0.5 }',
    `spec:\n  model: fraud\n  threshold: 0.5\n  ${option}`,
  );
export const steer = (action: 'pause' | 'resume' | 'promote' | 'abort', request?: string): Input => ({
  type: 'rollout',
  value: { ...asked(request), deployment: 'fraud', action },
});
/** What monitoring says, at an offset of its topic, of the rollout that is under way. */
export const judged =
  (verdict: 'fine' | 'worse' | 'undecided', offset: number) =>
  ({ deployments }: Pick<RegistryState, 'deployments'>): Input => {
    const { version, baseline, began, step, since } =
      deployments.get('fraud')?.fact.rollout ?? RolloutJudged.sample;
    const value = verdict === 'worse' ? 0.031 : 0.001;
    return {
      type: 'rollout-report',
      value: {
        reference: `monitoring.rollouts:0-${offset}`,
        type: 'monitoring.rollout.judged',
        fact: {
          deployment: 'fraud',
          version,
          baseline,
          began,
          step,
          since,
          verdict,
          measured: [{ metric: 'error_rate', value, above: 0.01, rows: 512, verdict }],
          message: `error_rate of version ${version} is ${value}, the limit is 0.01`,
          sources: ['serving.status:0-41'],
        },
      },
    };
  };
/** What monitoring says, at an offset of its topic, of the two arms of a bandit: trials and successes of each. */
export const measured =
  (offset: number, champion: readonly [number, number], challenger: readonly [number, number]) =>
  ({ deployments }: Pick<RegistryState, 'deployments'>): Input => {
    const arm = (route: string, version: number, [trials, successes]: readonly [number, number]) => ({
      route,
      version,
      trials,
      successes,
    });
    return {
      type: 'rollout-report',
      value: {
        reference: `monitoring.rollouts:0-${offset}`,
        type: 'monitoring.experiment.measured',
        fact: {
          deployment: 'fraud',
          since: deployments.get('fraud')!.fact.bandit!.since,
          arms: [arm('champion', 1, champion), arm('challenger', 2, challenger)],
          sources: ['monitoring.inputs:0-97'],
        },
      },
    };
  };
/** PROJECT with more below the spec of its model, one line each. */
export const withModel = (...lines: readonly string[]): string =>
  PROJECT.replace(
    '  gates: [ { metric: average_precision, min: 0.1 } ]',
    lines.some((line) => line.startsWith('gates'))
      ? lines.map((line) => `  ${line}`).join('\n')
      : ['  gates: [ { metric: average_precision, min: 0.1 } ]', ...lines.map((line) => `  ${line}`)].join(
          '\n',
        ),
  );

type Completed = EventOf<typeof TrainingRunCompleted>;

export const completed = (
  run: string,
  averagePrecision: number | null,
  more: Partial<Completed> = {},
): Completed => ({
  run,
  model: 'fraud',
  task: 'binary',
  dataset: sha('dataset'),
  artifact: sha(`artifact ${run}`),
  profile: sha(`profile ${run}`),
  manifest: sha(`manifest ${run}`),
  metrics: { holdout: { average_precision: averagePrecision } },
  rows: { train: 80, holdout: 20 },
  trainer: 'gbdt',
  parameters: { trees: 10 },
  seed: 0,
  seconds: 1.5,
  ...more,
});

/** A model file that reads the two features of the project. */
export const modelFile = (): Uint8Array => {
  const columns = [Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 1, 0, 1)];
  const data = { featureNames: ['amount', 'tx_count_1d'], columns, labels: Float64Array.of(0, 0, 1, 1) };
  return trainerOf('logistic').fit(data, {}, { task: 'binary', seed: 0 }).toOnnx();
};

/** What training said at an offset of its topic. */
export const reportCompleted = (
  offset: number,
  run: string,
  averagePrecision: number | null = 0.6,
  more: Partial<Completed> = {},
): Input => ({
  type: 'run',
  value: {
    reference: `training.runs:0-${offset}`,
    type: 'training.run.completed',
    fact: completed(run, averagePrecision, more),
  },
});
export const reportFailed = (offset: number, run: string): Input => ({
  type: 'run',
  value: {
    reference: `training.runs:0-${offset}`,
    type: 'training.run.failed',
    fact: { run, model: 'fraud', code: 'NO_ROWS', message: 'no rows' },
  },
});

/** One input a minute. */
export const placeOf = (offset: number): InputPosition => ({
  offset,
  time: new Date(Date.UTC(2026, 0, 1) + offset * 60_000).toISOString(),
});

/** Feature says that a revision of the service in a project is warm on a partition of its trigger, which has four. */
export const warmed = (revision: string, text: string, partition: number, engine = '1'): Input => {
  const { project } = loadDefinitions([{ path: 'project.yaml', text }]);
  const { digest } = compileProject(project, engine).find(({ kind }) => kind === 'FeatureService')!;
  return {
    type: 'revision',
    value: {
      reference: `feature.revisions:0-${partition}`,
      fact: {
        service: 'fraud',
        revision,
        digest,
        topic: 'ingestion.observations.transactions',
        partition,
        offset: 100,
        places: 4,
      },
    },
  };
};

export const warmedEverywhere = (revision: string, text: string, engine?: string): readonly Input[] =>
  [0, 1, 2, 3].map((partition) => warmed(revision, text, partition, engine));
