/**
 * Monitoring, read aloud:
 *
 *   registry.deployments                    -- control: what runs, with its reference profile and its monitor
 *   serving.predictions.<deployment>        -> onPredictions      -> monitoring.inputs.<deployment>   what labels will be compared with
 *     (and the feature.vectors.<service> they name,               -> monitoring.inputs                profiles by window
 *      and the trigger's events where a monitor asks for slices by their fields)
 *   ingestion.observations.<label stream>   -> onLabels           -> monitoring.inputs.<deployment>
 *   monitoring.inputs.<deployment>          -> onDeploymentInputs -> monitoring.inputs                realised performance by window; labels of rollouts and bandits as they come
 *   registry.models                         -> onModels           -> monitoring.inputs                gates of a version
 *   serving.status                          -> onStatus           -> monitoring.inputs                what serving says of its routes
 *   monitoring.inputs                       -> onParts            -> monitoring.reports               monitoring.window.reported
 *                                                                 -> monitoring.alerts                monitoring.alert.raised | resolved
 *   a door about alerts                     -> ActionDesk         -> monitoring.inputs                what operators ask: acknowledge, resolve, silence
 *                                           -> onParts            -> monitoring.alerts                what became of it
 *   monitoring.inputs                       -> onRoutes           -> monitoring.rollouts              monitoring.rollout.judged, monitoring.experiment.measured
 *   every tick                              -> ClockTicks         -> monitoring.inputs.<deployment>
 *   every tick                              -> FreshnessChecks    -> monitoring.inputs                how old the newest prediction is, where that changed
 *   a door                                  -> ReplayJobs         -> monitoring.replays               monitoring.replay.finished
 *   alerts have waited long enough          -> AlertClock         -> monitoring.inputs                a tick, which onParts sets among the alerts
 *   monitoring.alerts                       -> onAlerts           -> monitoring.notifications         monitoring.notification.due | silenced
 *   monitoring.notifications                -> NotificationSender -> monitoring.notifications         monitoring.notification.delivered | failed: webhook, chat, Alertmanager, mail
 *   monitoring.reports, monitoring.alerts   -> Reports, Alerts       every instance, in memory: what the doors answer from
 *   monitoring.notifications                -> Notifications         the same: who was told, and who waits
 *   decisions of registry.definitions, requests, models, rollouts, deployments and replays (registry.requests, registry.rollouts, registry.replays),
 *     of training.runs, serving.status, monitoring.alerts and monitoring.rollouts -> Timeline   the same: what was decided because of what
 *   ingestion.rejections.<stream>           -> RejectionsController  the newest ones, when a page asks
 *   what breaks its contract                                      -> monitoring.dead-letters
 *
 * Doors (http/): the console at `/`, and what it shows; its live stream counts records of all topics, and reads none (effects/live).
 *
 * Three runners for each deployment that has had a champion, made by the fleet as `registry.deployments` grows; two that decide.
 * Ticks on `monitoring.inputs.<deployment>` stand for time that goes by. A window ends when later events come: a stream that
 * falls silent leaves its last window open.
 */
import {
  AlertAcknowledged,
  AlertActionRefused,
  AlertActionRequested,
  AlertClockAdvanced,
  AlertClockTicked,
  AlertRaised,
  AlertResolved,
  AliasAssigned,
  AliasRemoved,
  CancellationRequested,
  ClockTicked,
  CommandRefused,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  DeploymentStarted,
  DeploymentUpdated,
  DriftDetected,
  ExperimentMeasured,
  ExperimentWeighed,
  FreshnessChecked,
  GatesLearned,
  IntervalReported,
  LabelRouted,
  ModelVersionChecked,
  ModelVersionRegistered,
  ModelVersionReviewed,
  NotificationDelivered,
  NotificationDue,
  NotificationFailed,
  NotificationSilenced,
  ObservationRecorded,
  PartitionAdvanced,
  PredictionMade,
  PredictionRouted,
  PromotionWithheld,
  RecordRejected,
  ReplayFinished,
  ReplayReported,
  RolloutChanged,
  RolloutJudged,
  RouteLabelled,
  RouteMeasured,
  RoutesTaken,
  SilenceRemoved,
  SilenceSet,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunStarted,
  TriggerSuppressed,
  TOPICS,
  VectorComputed,
  WindowMeasured,
  WindowProfiled,
  WindowReported,
  championOf,
  type DeploymentFact,
  type Deployments,
  type Topology,
} from '#contracts';
import type { EventLog, FollowedTopic } from '#eventlog';
import type { Clock } from '#kernel';
import {
  Fleet,
  beginWithTopic,
  type Logger,
  type LogTransport,
  type ServiceLog,
  type Sleep,
  type Worker,
} from '#runtime';
import type { ReferenceProfiles } from './effects/reference-profiles';
import { DeploymentWorker } from './handlers/deployment-worker';
import { onAlerts } from './handlers/on-alerts';
import { onModels } from './handlers/on-models';
import { onParts } from './handlers/on-parts';
import { onRoutes } from './handlers/on-routes';
import { onStatus } from './handlers/on-status';

/** What else is said of alerts on their topic. */
const ALERT_ANSWERS = [AlertResolved, AlertAcknowledged, SilenceSet, SilenceRemoved, AlertActionRefused];

export const TOPOLOGY: Topology = {
  service: 'monitoring',
  control: [DeploymentUpdated],
  roads: [
    {
      on: [PredictionMade],
      by: 'onPredictions',
      looksUp: [VectorComputed, ObservationRecorded],
      gives: [PredictionRouted, WindowProfiled, PartitionAdvanced],
    },
    { on: [ObservationRecorded], by: 'onLabels', looksUp: [PredictionMade], gives: [LabelRouted] },
    { on: 'every tick', by: 'ClockTicks', gives: [ClockTicked] },
    { on: 'every tick', by: 'FreshnessChecks', gives: [FreshnessChecked] },
    {
      on: [PredictionRouted, LabelRouted, ClockTicked],
      by: 'onDeploymentInputs',
      gives: [WindowMeasured, RouteLabelled, DriftDetected, PartitionAdvanced],
    },
    { on: [ModelVersionRegistered], by: 'onModels', gives: [GatesLearned] },
    { on: [IntervalReported], by: 'onStatus', gives: [RouteMeasured] },
    {
      on: [WindowProfiled, WindowMeasured, PartitionAdvanced, GatesLearned, DriftDetected, FreshnessChecked],
      by: 'onParts',
      gives: [WindowReported, AlertRaised, AlertResolved],
    },
    {
      on: [RouteMeasured, RouteLabelled],
      by: 'onRoutes',
      gives: [RolloutJudged, ExperimentMeasured],
    },
    { on: 'doors (HTTP)', by: 'ReplayJobs', gives: [ReplayFinished] },
    { on: [WindowReported], by: 'Reports', gives: [] },
    {
      on: [
        AlertRaised,
        AlertResolved,
        DeploymentUpdated,
        ModelVersionRegistered,
        RolloutJudged,
        AliasAssigned,
        AliasRemoved,
        CancellationRequested,
        CommandRefused,
        DefinitionActivated,
        DefinitionApplied,
        DefinitionRetired,
        DeploymentStarted,
        ExperimentWeighed,
        ModelVersionChecked,
        ModelVersionReviewed,
        PromotionWithheld,
        ReplayReported,
        RolloutChanged,
        RoutesTaken,
        TrainingRequested,
        TrainingRunCancelled,
        TrainingRunCompleted,
        TrainingRunFailed,
        TrainingRunRejected,
        TrainingRunStarted,
        TriggerSuppressed,
      ],
      by: 'Timeline',
      gives: [],
    },
    { on: [RecordRejected], by: 'RejectionsController', gives: [] },
    { on: 'a door about alerts', by: 'ActionDesk', gives: [AlertActionRequested] },
    {
      on: [AlertActionRequested, AlertClockTicked],
      by: 'onParts',
      gives: [...ALERT_ANSWERS, AlertClockAdvanced],
    },
    { on: [AlertRaised, ...ALERT_ANSWERS], by: 'Alerts', gives: [] },
    { on: 'alerts have waited long enough', by: 'AlertClock', gives: [AlertClockTicked] },
    {
      on: [AlertRaised, AlertResolved, AlertAcknowledged, SilenceSet, SilenceRemoved, AlertClockAdvanced],
      by: 'onAlerts',
      gives: [NotificationDue, NotificationSilenced],
    },
    {
      on: [NotificationDue],
      by: 'NotificationSender',
      gives: [NotificationDelivered, NotificationFailed],
    },
    {
      on: [NotificationDue, NotificationDelivered, NotificationFailed, NotificationSilenced],
      by: 'Notifications',
      gives: [],
    },
  ],
};

export interface MonitoringParts {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly control: FollowedTopic<Deployments>;
  readonly profiles: ReferenceProfiles;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly instance: string;
  readonly tickMs: number;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

/** The topics that monitoring always has. */
export const ensureMonitoringTopics = (serviceLog: ServiceLog): Promise<void> =>
  serviceLog.ensureTopics(
    [TOPICS.monitoringInputs, TOPICS.reports, TOPICS.alerts, TOPICS.notifications, TOPICS.rollouts].map(
      (name) => ({
        name,
        partitions: 1,
      }),
    ),
  );

export const monitoringFleet = (parts: MonitoringParts): Fleet<Deployments> =>
  new Fleet<Deployments>({
    control: parts.control,
    logger: parts.logger,
    failed: (key, error) => parts.transport.fail(key, error),
    desired: (deployments) => {
      const workers = new Map<string, () => Worker>();
      for (const deployment of deployments.values()) {
        if (championOf(deployment))
          workers.set(workerKey(deployment), () => new DeploymentWorker({ ...parts, deployment }));
      }
      return workers;
    },
  });

/** A worker is replaced when other topics or other label fields are read; what else changes stands in the facts. */
const workerKey = ({ deployment, service, task, label }: DeploymentFact): string =>
  [deployment, service.name, task, label.stream, label.on, label.value].join('/');

/** Decides; one partition, so one instance at a time. */
export const decidingWorker = ({ serviceLog, control, profiles }: MonitoringParts): Worker => {
  const fold = onParts({
    reports: serviceLog.topic(TOPICS.reports),
    alerts: serviceLog.topic(TOPICS.alerts),
    profiles,
  });
  const runner = serviceLog.runner({
    fold,
    source: TOPICS.monitoringInputs,
    primary: TOPICS.reports,
    alignedSecondaries: [TOPICS.alerts],
    control,
    snapshotEvery: 2_000,
  });
  return onceTopicsStand(serviceLog, runner);
};

/** Decides who is told of alerts; one partition, so one instance at a time. Who sends writes into its output, too: offsets alone say how far it came. */
export const notifierWorker = ({ serviceLog, control }: MonitoringParts): Worker => {
  const fold = onAlerts({ notifications: serviceLog.topic(TOPICS.notifications), control });
  const runner = serviceLog.runner({ fold, source: TOPICS.alerts, control, snapshotEvery: 2_000 });
  return onceTopicsStand(serviceLog, runner);
};

/** Judges rollouts; one partition, so one instance at a time. */
export const rolloutsWorker = ({ serviceLog, control }: MonitoringParts): Worker => {
  const fold = onRoutes({ rollouts: serviceLog.topic(TOPICS.rollouts), control });
  const runner = serviceLog.runner({
    fold,
    source: TOPICS.monitoringInputs,
    primary: TOPICS.rollouts,
    control,
    snapshotEvery: 2_000,
  });
  return onceTopicsStand(serviceLog, runner);
};

/** Begins once serving has made its topic. */
export const statusWorker = ({ serviceLog, control, log, sleep, transport }: MonitoringParts): Worker => {
  const source = TOPICS.servingStatus;
  const fold = onStatus({ parts: serviceLog.topic(TOPICS.monitoringInputs) });
  const runner = onceTopicsStand(serviceLog, serviceLog.runner({ fold, source, control }));
  return beginWithTopic(runner, {
    log,
    topic: serviceLog.topic(source),
    sleep,
    failed: (error) => transport.fail(source, error),
  });
};

export const gatesWorker = ({ serviceLog, control }: MonitoringParts): Worker => {
  const fold = onModels({ parts: serviceLog.topic(TOPICS.monitoringInputs) });
  const runner = serviceLog.runner({ fold, source: TOPICS.models, control });
  return onceTopicsStand(serviceLog, runner, () => serviceLog.awaitTopic(TOPICS.models));
};

/** A runner that begins when the topics of monitoring, and what else it needs, are there. */
const onceTopicsStand = (
  serviceLog: ServiceLog,
  runner: Required<Worker>,
  needs: () => Promise<unknown> = () => Promise.resolve(),
): Worker => ({
  start: async () => {
    await ensureMonitoringTopics(serviceLog);
    await needs();
    await runner.start();
  },
  stop: () => runner.stop(),
  status: () => runner.status(),
});
