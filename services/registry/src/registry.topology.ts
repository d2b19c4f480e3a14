/**
 * The registry, read aloud:
 *
 *   doors (HTTP; definitions are read and checked by contracts/definitions, faults with line and suggestion)
 *                                   -> RequestDesk -> registry.inputs       registry.input.*-submitted, with the id of the request
 *   training.runs                   -> onRun      -> registry.inputs        registry.input.run-reported
 *   feature.revisions               -> onRevision -> registry.inputs        registry.input.revision-reported
 *   monitoring.alerts               -> onAlert    -> registry.inputs        registry.input.alert-reported
 *   monitoring.rollouts             -> onRollout  -> registry.inputs        registry.input.rollout-reported
 *   monitoring.replays              -> onReplay   -> registry.inputs        registry.input.replay-submitted
 *   a version that its policy would promote -> PolicyChecks -> registry.inputs   registry.input.version-checked
 *   clock, vectors' offsets         -> TriggerClock -> registry.inputs      registry.input.training-submitted with its cause
 *   a version, the newest feature.vectors.<service> -> VersionChecks -> registry.inputs   registry.input.version-checked, before somebody decides about it
 *   registry.inputs                 -> onInput    -> registry.definitions   registry.definition.applied | activated | retired
 *                                                    registry.requests      registry.training.requested | cancellation.requested | command.refused
 *                                                    registry.models        registry.model-version.registered | reviewed | checked, registry.alias.assigned | removed,
 *                                                                           registry.model.noted, registry.promotion.withheld
 *                                                    registry.deployments   registry.deployment.updated
 *                                                    registry.rollouts      registry.rollout.changed, registry.experiment.weighed
 *                                                    registry.replays       registry.replay.reported
 *                                                    registry.webhooks      registry.webhook.set | removed
 *                                                    registry.lineage       registry.lineage.reported, as OpenLineage run events
 *   registry.inputs                 -> RegistryView        every instance, in memory: what the doors answer from, as of any position
 *   registry.inputs                 -> RegistryProjection  Postgres: lists and search; dropped and rebuilt at will
 *   registry.inputs                 -> WebhookSenders the facts that follow from each, to the URLs that want them
 *   doors (MLflow's REST API)       -> TrackingLog -> registry.tracking     registry.experiment.*, registry.registered-model.*, registry.tracking.*
 *   registry.tracking               -> TrackingLog         every instance, in memory: what MLflow's clients are answered from
 *   records that break their contract             -> registry.dead-letters
 *
 * All decisions come from folding `registry.inputs` alone: `domain/decide.ts`. Every topic here has one partition.
 */
import {
  AlertRaised,
  AlertReported,
  AlertResolved,
  AliasAssigned,
  AliasRemovalSubmitted,
  AliasRemoved,
  CancellationRequested,
  CancellationSubmitted,
  CheckSubmitted,
  CommandRefused,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  DefinitionsSubmitted,
  DeploymentUpdated,
  ExperimentMeasured,
  ExperimentWeighed,
  LineageReported,
  ModelNoted,
  ModelVersionChecked,
  ModelVersionRegistered,
  ModelVersionReviewed,
  NoteSubmitted,
  PromotionSubmitted,
  PromotionWithheld,
  ReplayFinished,
  ReplayReported,
  ReplaySubmitted,
  ReviewSubmitted,
  RevisionReported,
  RevisionWarmed,
  RollbackSubmitted,
  RolloutChanged,
  RolloutJudged,
  RolloutReported,
  RolloutSubmitted,
  RunReported,
  TOPICS,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunRequested,
  TrainingRunStarted,
  TrainingSubmitted,
  TrainingTrialCompleted,
  TrainingTrialFailed,
  TrainingTrialStarted,
  TriggerSuppressed,
  VectorComputed,
  WebhookRemovalSubmitted,
  WebhookRemoved,
  WebhookSet,
  WebhookSubmitted,
  type Topology,
} from '#contracts';
import { NoControl, type EventLog, type Fold, type FollowedTopic } from '#eventlog';
import { beginWithTopic, type LogTransport, type ServiceLog, type Sleep, type Worker } from '#runtime';
import { apply } from './domain/evolve';
import { initialState, type RegistryState } from './domain/state';
import { onAlert } from './handlers/on-alert';
import { onInput } from './handlers/on-input';
import { onReplay } from './handlers/on-replay';
import { onRevision } from './handlers/on-revision';
import { onRollout } from './handlers/on-rollout';
import { onRun } from './handlers/on-run';
import { decodeInput } from './handlers/registry-records';
import { TRACKING_CONTRACTS } from './mlflow/domain/facts';

const SUBMITTED = [
  DefinitionsSubmitted,
  TrainingSubmitted,
  CancellationSubmitted,
  PromotionSubmitted,
  RollbackSubmitted,
  ReviewSubmitted,
  AliasRemovalSubmitted,
  NoteSubmitted,
  WebhookSubmitted,
  WebhookRemovalSubmitted,
  ReplaySubmitted,
  RolloutSubmitted,
];
const INPUTS = [...SUBMITTED, CheckSubmitted, RunReported, RevisionReported, AlertReported, RolloutReported];

const TRACKED = Object.values(TRACKING_CONTRACTS);

export const TOPOLOGY: Topology = {
  service: 'registry',
  control: [],
  roads: [
    { on: 'doors (HTTP)', by: 'RequestDesk', gives: SUBMITTED },
    {
      // A run that only waits, and what it tries, change nothing here: they are passed over.
      on: [
        TrainingRunRequested,
        TrainingRunStarted,
        TrainingTrialStarted,
        TrainingTrialCompleted,
        TrainingTrialFailed,
        TrainingRunCompleted,
        TrainingRunFailed,
        TrainingRunCancelled,
        TrainingRunRejected,
      ],
      by: 'onRun',
      gives: [RunReported],
    },
    { on: [RevisionWarmed], by: 'onRevision', gives: [RevisionReported] },
    { on: [AlertRaised, AlertResolved], by: 'onAlert', gives: [AlertReported] },
    { on: [RolloutJudged, ExperimentMeasured], by: 'onRollout', gives: [RolloutReported] },
    { on: [ReplayFinished], by: 'onReplay', gives: [ReplaySubmitted] },
    { on: 'doors (HTTP)', by: 'VersionChecks', looksUp: [VectorComputed], gives: [CheckSubmitted] },
    { on: 'clock', by: 'PolicyChecks', looksUp: [VectorComputed], gives: [CheckSubmitted] },
    { on: 'clock', by: 'TriggerClock', gives: [TrainingSubmitted] },
    {
      on: INPUTS,
      by: 'onInput',
      gives: [
        DefinitionApplied,
        DefinitionActivated,
        DefinitionRetired,
        TrainingRequested,
        TriggerSuppressed,
        CancellationRequested,
        CommandRefused,
        ModelVersionRegistered,
        ModelVersionReviewed,
        ModelVersionChecked,
        ModelNoted,
        AliasAssigned,
        AliasRemoved,
        PromotionWithheld,
        DeploymentUpdated,
        RolloutChanged,
        ExperimentWeighed,
        WebhookSet,
        WebhookRemoved,
        ReplayReported,
        LineageReported,
      ],
    },
    { on: INPUTS, by: 'RegistryView', gives: [] },
    { on: 'doors (HTTP)', by: 'TrackingLog', gives: TRACKED },
    { on: TRACKED, by: 'TrackingLog', gives: [] },
    { on: INPUTS, by: 'RegistryProjection', gives: [] },
    { on: INPUTS, by: 'WebhookSenders', gives: [] },
  ],
};

export const OUTCOME_TOPICS = [
  TOPICS.definitions,
  TOPICS.requests,
  TOPICS.models,
  TOPICS.deployments,
  TOPICS.rolloutChanges,
  TOPICS.replays,
  TOPICS.webhooks,
  TOPICS.lineage,
] as const;

export const createTopics = (log: ServiceLog): Promise<void> =>
  log.ensureTopics([TOPICS.registryInputs, ...OUTCOME_TOPICS].map((name) => ({ name, partitions: 1 })));

/** `registry.inputs` -> the state after every input, for the doors of this instance. */
export const followInputs = (log: ServiceLog): FollowedTopic<RegistryState> =>
  log.followed(TOPICS.registryInputs, {
    initial: initialState,
    evolve: (state, record) => {
      const { input, at } = decodeInput(record);
      return apply(state, input, at).state;
    },
  });

/** `registry.inputs` -> decisions. Only the member of the group that owns the partition publishes them. */
export const decider = (log: ServiceLog): Worker => {
  const runner = log.runner({
    fold: onInput(log.namespace),
    source: TOPICS.registryInputs,
    alignedSecondaries: OUTCOME_TOPICS,
    control: new NoControl(),
  });
  let started = false;
  return {
    start: async () => {
      await createTopics(log);
      started = true;
      await runner.start();
    },
    stop: async () => {
      if (started) await runner.stop();
    },
    status: () => runner.status(),
  };
};

interface RouterParts {
  readonly eventLog: EventLog;
  readonly sleep: Sleep;
  readonly transport: Pick<LogTransport, 'fail'>;
}

/** `training.runs` -> `registry.inputs`. */
export const runRouter = (log: ServiceLog, parts: RouterParts): Worker =>
  router(
    log,
    TOPICS.runs,
    onRun((topic) => log.topic(topic)),
    parts,
  );

/** `feature.revisions` -> `registry.inputs`. */
export const revisionRouter = (log: ServiceLog, parts: RouterParts): Worker =>
  router(
    log,
    TOPICS.revisions,
    onRevision((topic) => log.topic(topic)),
    parts,
  );

/** `monitoring.alerts` -> `registry.inputs`. */
export const alertRouter = (log: ServiceLog, parts: RouterParts): Worker =>
  router(
    log,
    TOPICS.alerts,
    onAlert((topic) => log.topic(topic)),
    parts,
  );

/** `monitoring.rollouts` -> `registry.inputs`. */
export const rolloutRouter = (log: ServiceLog, parts: RouterParts): Worker =>
  router(
    log,
    TOPICS.rollouts,
    onRollout((topic) => log.topic(topic)),
    parts,
  );

/** `monitoring.replays` -> `registry.inputs`. */
export const replayRouter = (log: ServiceLog, parts: RouterParts): Worker =>
  router(
    log,
    TOPICS.monitoringReplays,
    onReplay((topic) => log.topic(topic)),
    parts,
  );

/** Begins once the topic's owner has made it. */
const router = (
  log: ServiceLog,
  source: string,
  fold: Fold<null, undefined>,
  { eventLog, sleep, transport }: RouterParts,
): Worker =>
  beginWithTopic(log.runner({ fold, source, control: new NoControl() }), {
    log: eventLog,
    topic: log.topic(source),
    sleep,
    failed: (error) => transport.fail(source, error),
  });
