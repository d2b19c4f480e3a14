import {
  AlertReported,
  AliasRemovalSubmitted,
  CancellationSubmitted,
  CheckSubmitted,
  DefinitionsSubmitted,
  NoteSubmitted,
  PromotionSubmitted,
  ReplaySubmitted,
  ReviewSubmitted,
  RevisionReported,
  RolloutReported,
  RolloutSubmitted,
  RollbackSubmitted,
  RunReported,
  TrainingSubmitted,
  WebhookRemovalSubmitted,
  WebhookSubmitted,
  type EventContract,
  type EventOf,
} from '#contracts';

/** What somebody asks for; each carries the id of the request. */
export type Command =
  | { readonly type: 'definitions'; readonly value: EventOf<typeof DefinitionsSubmitted> }
  | { readonly type: 'training'; readonly value: EventOf<typeof TrainingSubmitted> }
  | { readonly type: 'cancellation'; readonly value: EventOf<typeof CancellationSubmitted> }
  | { readonly type: 'promotion'; readonly value: EventOf<typeof PromotionSubmitted> }
  | { readonly type: 'rollback'; readonly value: EventOf<typeof RollbackSubmitted> }
  | { readonly type: 'review'; readonly value: EventOf<typeof ReviewSubmitted> }
  | { readonly type: 'alias-removal'; readonly value: EventOf<typeof AliasRemovalSubmitted> }
  | { readonly type: 'note'; readonly value: EventOf<typeof NoteSubmitted> }
  | { readonly type: 'check'; readonly value: EventOf<typeof CheckSubmitted> }
  | { readonly type: 'webhook'; readonly value: EventOf<typeof WebhookSubmitted> }
  | { readonly type: 'webhook-removal'; readonly value: EventOf<typeof WebhookRemovalSubmitted> }
  | { readonly type: 'rollout'; readonly value: EventOf<typeof RolloutSubmitted> }
  | { readonly type: 'replay'; readonly value: EventOf<typeof ReplaySubmitted> };

/** What a command is about, without how it is told: two with one request id and another answer here are no repetition of each other. */
export const askedIn = ({ type, value }: Command): string => {
  const { model, version, alias, verdict, run, webhook, deployment, action } = value as Readonly<
    Record<string, unknown>
  >;
  return JSON.stringify([type, model, version, alias, verdict, run, webhook, deployment, action]);
};

/** What training says about a run. */
export interface RunReport {
  readonly type: 'run';
  readonly value: EventOf<typeof RunReported>;
}

/** What feature says about a revision that is warmed up. */
export interface RevisionReport {
  readonly type: 'revision';
  readonly value: EventOf<typeof RevisionReported>;
}

/** What monitoring says is over its limit. */
export interface AlertReport {
  readonly type: 'alert';
  readonly value: EventOf<typeof AlertReported>;
}

/** What monitoring says of a rollout, or of the arms of a bandit. */
export interface RolloutReport {
  readonly type: 'rollout-report';
  readonly value: EventOf<typeof RolloutReported>;
}

/** A record of `registry.inputs`. */
export type Input = Command | RunReport | RevisionReport | AlertReport | RolloutReport;

export const INPUT_CONTRACTS: { readonly [T in Input['type']]: EventContract } = {
  definitions: DefinitionsSubmitted,
  training: TrainingSubmitted,
  cancellation: CancellationSubmitted,
  promotion: PromotionSubmitted,
  rollback: RollbackSubmitted,
  review: ReviewSubmitted,
  'alias-removal': AliasRemovalSubmitted,
  note: NoteSubmitted,
  check: CheckSubmitted,
  webhook: WebhookSubmitted,
  'webhook-removal': WebhookRemovalSubmitted,
  replay: ReplaySubmitted,
  run: RunReported,
  revision: RevisionReported,
  alert: AlertReported,
  rollout: RolloutSubmitted,
  'rollout-report': RolloutReported,
};

/** Where an input stands on `registry.inputs`, and when it was appended there (ISO, ms, UTC). */
export interface InputPosition {
  readonly offset: number;
  readonly time: string;
}
