import {
  AliasAssigned,
  AliasRemoved,
  CancellationRequested,
  CommandRefused,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  DeploymentUpdated,
  ExperimentWeighed,
  ModelNoted,
  ModelVersionChecked,
  ModelVersionRegistered,
  ModelVersionReviewed,
  PromotionWithheld,
  ReplayReported,
  RolloutChanged,
  TrainingRequested,
  TriggerSuppressed,
  WebhookRemoved,
  WebhookSet,
  type EventContract,
  type EventOf,
} from '#contracts';

interface Facts {
  'definition-applied': EventOf<typeof DefinitionApplied>;
  'definition-activated': EventOf<typeof DefinitionActivated>;
  'definition-retired': EventOf<typeof DefinitionRetired>;
  'training-requested': EventOf<typeof TrainingRequested>;
  'trigger-suppressed': EventOf<typeof TriggerSuppressed>;
  'cancellation-requested': EventOf<typeof CancellationRequested>;
  'command-refused': EventOf<typeof CommandRefused>;
  'version-registered': EventOf<typeof ModelVersionRegistered>;
  'version-reviewed': EventOf<typeof ModelVersionReviewed>;
  'version-checked': EventOf<typeof ModelVersionChecked>;
  'model-noted': EventOf<typeof ModelNoted>;
  'alias-assigned': EventOf<typeof AliasAssigned>;
  'alias-removed': EventOf<typeof AliasRemoved>;
  'promotion-withheld': EventOf<typeof PromotionWithheld>;
  'deployment-updated': EventOf<typeof DeploymentUpdated>;
  'rollout-changed': EventOf<typeof RolloutChanged>;
  'experiment-weighed': EventOf<typeof ExperimentWeighed>;
  'webhook-set': EventOf<typeof WebhookSet>;
  'webhook-removed': EventOf<typeof WebhookRemoved>;
  'replay-reported': EventOf<typeof ReplayReported>;
}

type OutcomeType = keyof Facts;

/** What the registry decides: each becomes one fact on the topic of its contract. */
export type Outcome = {
  readonly [T in OutcomeType]: { readonly type: T; readonly fact: Facts[T] };
}[OutcomeType];

export type OutcomeOf<T extends OutcomeType> = Extract<Outcome, { type: T }>;

/** Contract and record key of each outcome. */
export const OUTCOME_CONTRACTS: {
  readonly [T in OutcomeType]: { readonly contract: EventContract; readonly key: (fact: Facts[T]) => string };
} = {
  'definition-applied': { contract: DefinitionApplied, key: ({ kind, name }) => `${kind}/${name}` },
  'definition-activated': { contract: DefinitionActivated, key: ({ kind, name }) => `${kind}/${name}` },
  'definition-retired': { contract: DefinitionRetired, key: ({ kind, name }) => `${kind}/${name}` },
  'training-requested': { contract: TrainingRequested, key: ({ run }) => run },
  'trigger-suppressed': { contract: TriggerSuppressed, key: ({ model }) => model },
  'cancellation-requested': { contract: CancellationRequested, key: ({ run }) => run },
  'command-refused': { contract: CommandRefused, key: ({ request }) => request },
  'version-registered': { contract: ModelVersionRegistered, key: ({ model }) => model },
  'version-reviewed': { contract: ModelVersionReviewed, key: ({ model }) => model },
  'version-checked': { contract: ModelVersionChecked, key: ({ model }) => model },
  'model-noted': { contract: ModelNoted, key: ({ model }) => model },
  'alias-assigned': { contract: AliasAssigned, key: ({ model }) => model },
  'alias-removed': { contract: AliasRemoved, key: ({ model }) => model },
  'promotion-withheld': { contract: PromotionWithheld, key: ({ model }) => model },
  'deployment-updated': { contract: DeploymentUpdated, key: ({ deployment }) => deployment },
  'rollout-changed': { contract: RolloutChanged, key: ({ deployment }) => deployment },
  'experiment-weighed': { contract: ExperimentWeighed, key: ({ deployment }) => deployment },
  'webhook-set': { contract: WebhookSet, key: ({ webhook }) => webhook },
  'webhook-removed': { contract: WebhookRemoved, key: ({ webhook }) => webhook },
  'replay-reported': { contract: ReplayReported, key: ({ subject }) => subject },
};

/** The `k` of each fact of one input: facts on one topic are counted from 0, in their order. */
export const placesOf = (contracts: readonly Pick<EventContract, 'topic'>[]): number[] => {
  const onTopic = new Map<string, number>();
  return contracts.map(({ topic }) => {
    const k = onTopic.get(topic) ?? 0;
    onTopic.set(topic, k + 1);
    return k;
  });
};

export const keyOfOutcome = (outcome: Outcome): string => {
  const { key } = OUTCOME_CONTRACTS[outcome.type] as { key: (fact: Outcome['fact']) => string };
  return key(outcome.fact);
};
