import { Inject, Module, type DynamicModule } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { TOPICS } from '#contracts';
import type { EventLog, FollowedTopic } from '#eventlog';
import { askInChild, checkHere, checkInChild, type AskModel, type CheckForeign } from '#inference';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LogTransport,
  Postgres,
  ReadModels,
  Readiness,
  SLEEP,
  ServiceLog,
  followedTopicModel,
  provideServiceLog,
  type Logger,
  type Sleep,
} from '#runtime';
import type { Clock } from '#kernel';
import type { RegistryState } from './domain/state';
import { PolicyChecks } from './effects/policy-checks';
import { VersionChecks } from './effects/version-checks';
import { DecisionDesk } from './http/decision-desk';
import { DefinitionsController } from './http/definitions.controller';
import { DeploymentsController } from './http/deployments.controller';
import { EvaluationController } from './http/evaluation.controller';
import { GovernanceController } from './http/governance.controller';
import { CHECK_FOREIGN, ImportsController } from './http/imports.controller';
import { LineageController } from './http/lineage.controller';
import { ModelsController } from './http/models.controller';
import { RequestDesk } from './http/request-desk';
import { ReplaysController } from './http/replays.controller';
import { RolloutsController } from './http/rollouts.controller';
import { RunsController } from './http/runs.controller';
import { TriggersController } from './http/triggers.controller';
import { WebhooksController } from './http/webhooks.controller';
import { MLFLOW_CONTROLLERS, MLFLOW_PROVIDERS } from './mlflow/mlflow.providers';
import { CurrentListings } from './projections/current-listings';
import { ENTITIES } from './projections/postgres/entities';
import { ReadModel1767225600000 } from './projections/postgres/migrations/1-read-model';
import { NotesAndSearch1795305600000 } from './projections/postgres/migrations/2-notes-and-search';
import { RegistryProjection } from './projections/postgres/registry-projection';
import { RegistryView } from './projections/registry-view';
import { stateRows } from './projections/state-rows';
import type { RegistryConfig } from './registry.config';
import {
  alertRouter,
  decider,
  followInputs,
  revisionRouter,
  replayRouter,
  rolloutRouter,
  runRouter,
} from './registry.topology';
import { TriggerClock } from './triggers/trigger-clock';
import { WebhookSenders } from './webhooks/webhook-senders';

const INPUTS = Symbol('registry.inputs, folded');
const ASK = Symbol('asks a model file about rows');

@Module({
  controllers: [
    DefinitionsController,
    ModelsController,
    EvaluationController,
    ImportsController,
    GovernanceController,
    RunsController,
    DeploymentsController,
    RolloutsController,
    ReplaysController,
    LineageController,
    TriggersController,
    WebhooksController,
    ...MLFLOW_CONTROLLERS,
  ],
  providers: [
    provideServiceLog,
    ...MLFLOW_PROVIDERS,
    { provide: INPUTS, inject: [ServiceLog], useFactory: followInputs },
    {
      provide: RegistryView,
      inject: [INPUTS, SLEEP],
      useFactory: (inputs: FollowedTopic<RegistryState>, sleep: Sleep) => new RegistryView(inputs, sleep),
    },
    {
      provide: RequestDesk,
      inject: [CONFIG, EVENT_LOG, ServiceLog, RegistryView, CLOCK, SLEEP],
      useFactory: (
        config: RegistryConfig,
        log: EventLog,
        serviceLog: ServiceLog,
        view: RegistryView,
        clock: Clock,
        sleep: Sleep,
      ) =>
        new RequestDesk({
          log,
          topic: serviceLog.topic(TOPICS.registryInputs),
          view,
          clock,
          sleep,
          patienceMs: config.patienceMs,
        }),
    },
    {
      provide: WebhookSenders,
      inject: [CONFIG, EVENT_LOG, ServiceLog, INPUTS, RegistryView, CLOCK, SLEEP, LOGGER],
      useFactory: (
        { namespace, webhookSecret: secret }: RegistryConfig,
        log: EventLog,
        serviceLog: ServiceLog,
        inputs: FollowedTopic<RegistryState>,
        view: RegistryView,
        clock: Clock,
        sleep: Sleep,
        logger: Logger,
      ) =>
        new WebhookSenders({
          namespace,
          secret,
          log,
          topic: serviceLog.topic(TOPICS.registryInputs),
          inputs,
          view,
          clock,
          sleep,
          logger,
          post: fetch,
        }),
    },
    { provide: ASK, useFactory: () => askInChild() },
    { provide: CHECK_FOREIGN, useFactory: () => checkInChild() },
    {
      provide: VersionChecks,
      inject: [CONFIG, EVENT_LOG, ARTIFACT_STORE, ServiceLog, RegistryView, RequestDesk, ASK, SLEEP],
      useFactory: (
        { patienceMs }: RegistryConfig,
        log: EventLog,
        artifacts: ArtifactStore,
        serviceLog: ServiceLog,
        view: RegistryView,
        desk: RequestDesk,
        ask: AskModel,
        sleep: Sleep,
      ) =>
        new VersionChecks({
          log,
          artifacts,
          ask,
          topic: (name) => serviceLog.topic(name),
          view,
          submit: (check) => desk.submit(check),
          sleep,
          patienceMs,
        }),
    },
    {
      provide: DecisionDesk,
      inject: [RequestDesk, VersionChecks],
      useFactory: (desk: RequestDesk, checks: VersionChecks) => new DecisionDesk(desk, checks),
    },
    {
      provide: Postgres,
      inject: [CONFIG, LOGGER],
      useFactory: ({ postgresUrl: url, namespace, service }: RegistryConfig, logger: Logger) =>
        url === undefined
          ? null
          : new Postgres({
              url,
              namespace,
              service,
              entities: ENTITIES,
              migrations: [ReadModel1767225600000, NotesAndSearch1795305600000],
              logger,
            }),
    },
    {
      provide: RegistryProjection,
      inject: [Postgres, EVENT_LOG, ServiceLog, INPUTS, SLEEP, LOGGER],
      useFactory: (
        postgres: Postgres | null,
        log: EventLog,
        serviceLog: ServiceLog,
        inputs: FollowedTopic<RegistryState>,
        sleep: Sleep,
        logger: Logger,
      ) =>
        postgres &&
        new RegistryProjection({
          log,
          topic: serviceLog.topic(TOPICS.registryInputs),
          inputs,
          postgres,
          sleep,
          logger,
        }),
    },
    {
      provide: CurrentListings,
      inject: [RegistryView, RegistryProjection, Postgres],
      useFactory: (view: RegistryView, projection: RegistryProjection | null, postgres: Postgres | null) =>
        new CurrentListings(view, projection ?? undefined, postgres ?? undefined),
    },
  ],
})
export class RegistryModule {
  /** With another way to ask model files: in this process, where there is no compiled child. */
  static asking(ask: AskModel): DynamicModule {
    const check: CheckForeign = checkHere;
    return {
      module: RegistryModule,
      providers: [
        { provide: ASK, useValue: ask },
        { provide: CHECK_FOREIGN, useValue: check },
      ],
    };
  }

  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(Readiness) readiness: Readiness,
    @Inject(EVENT_LOG) eventLog: EventLog,
    @Inject(SLEEP) sleep: Sleep,
    @Inject(INPUTS) inputs: FollowedTopic<RegistryState>,
    @Inject(ServiceLog) log: ServiceLog,
    @Inject(RequestDesk) desk: RequestDesk,
    @Inject(VersionChecks) checks: VersionChecks,
    @Inject(Postgres) postgres: Postgres | null,
    @Inject(RegistryProjection) projection: RegistryProjection | null,
    @Inject(ReadModels) models: ReadModels,
    @Inject(RegistryView) view: RegistryView,
    @Inject(WebhookSenders) webhooks: WebhookSenders,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(CONFIG) config: RegistryConfig,
  ) {
    models.add(followedTopicModel('memory', inputs, stateRows));
    transport.add('log', log);
    transport.add('inputs', inputs);
    transport.add('decider', decider(log));
    transport.add('runs', runRouter(log, { eventLog, sleep, transport }));
    transport.add('revisions', revisionRouter(log, { eventLog, sleep, transport }));
    transport.add('alerts', alertRouter(log, { eventLog, sleep, transport }));
    transport.add('rollouts', rolloutRouter(log, { eventLog, sleep, transport }));
    transport.add('replays', replayRouter(log, { eventLog, sleep, transport }));
    transport.add(
      'triggers',
      new TriggerClock({
        log: eventLog,
        serviceLog: log,
        view,
        desk,
        clock,
        sleep,
        logger,
        everyMs: config.triggersEveryMs,
      }),
    );
    transport.add('policy checks', new PolicyChecks({ view, checks, sleep, logger }));
    transport.add('webhooks', webhooks);
    transport.add('desk', { start: () => Promise.resolve(), stop: () => desk.close() });
    if (!postgres || !projection) return;
    transport.add('postgres', { start: () => Promise.resolve(), stop: () => postgres.close() });
    transport.add('read model', projection);
    models.add(projection);
    readiness.register({ name: 'postgres', check: () => postgres.ping(), effect: 'degrades' });
  }
}
