import { Type, type Static } from 'typebox';
import { TASKS, type Task } from '../metrics';
import { CLOSED, DefinitionName, Identifier } from '../words';
import { GateOptions, gateSpec, type GateSpec } from './gates';
import {
  ApprovalOptions,
  approvalSpec,
  ENVIRONMENTS,
  EvaluateOptions,
  evaluateSpec,
  RetrainOptions,
  retrainSpec,
  type ApprovalSpec,
  type Environment,
  type EvaluateSpec,
  type RetrainSpec,
} from './policies';
import { SplitOptions, splitSpec, type SplitSpec } from './split';
import { TrainerOptions, trainerSpec, type TrainerSpec } from './trainer';

/** What a user writes below `spec` of a Model. */
export const ModelOptions = Type.Object(
  {
    task: Type.Enum([...TASKS]),
    features: DefinitionName('the feature service it reads, for ever'),
    label: DefinitionName('what it learns to say; an anomaly model is only judged by it'),
    query: Type.Optional(
      Identifier('ranking: the feature, or the field of the trigger, whose equal values are one query'),
    ),
    split: Type.Optional(SplitOptions),
    trainer: TrainerOptions,
    evaluate: Type.Optional(EvaluateOptions),
    gates: Type.Optional(
      Type.Array(GateOptions, { description: 'a version that fails one is not approved' }),
    ),
    approval: Type.Optional(ApprovalOptions),
    environments: Type.Optional(
      Type.Array(Type.Enum([...ENVIRONMENTS]), {
        minItems: 1,
        description: 'the aliases that a version goes through one after the other',
      }),
    ),
    retrain: Type.Optional(RetrainOptions),
  },
  CLOSED,
);
export type ModelOptions = Static<typeof ModelOptions>;

/** A model with defaults applied. What is not written is not there, so that a digest does not change with what a release adds. */
export interface ModelSpec {
  readonly task: Task;
  readonly features: string;
  readonly label: string;
  readonly query?: string;
  readonly split: SplitSpec;
  readonly trainer: TrainerSpec;
  readonly evaluate?: EvaluateSpec;
  readonly gates: readonly GateSpec[];
  readonly approval?: ApprovalSpec;
  readonly environments?: readonly Environment[];
  readonly retrain?: RetrainSpec;
}

export const modelSpec = (options: ModelOptions): ModelSpec => {
  const { task, features, label, query, split, trainer, gates } = options;
  const { evaluate, approval, environments, retrain } = options;
  return {
    task,
    features,
    label,
    ...(query === undefined ? {} : { query }),
    split: splitSpec(split ?? {}),
    trainer: trainerSpec(trainer),
    ...(evaluate && { evaluate: evaluateSpec(evaluate) }),
    gates: (gates ?? []).map(gateSpec),
    ...(approval && { approval: approvalSpec(approval) }),
    ...(environments && { environments }),
    ...(retrain && { retrain: retrainSpec(retrain) }),
  };
};
