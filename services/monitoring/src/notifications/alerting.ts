import type { Provider, Type } from '@nestjs/common';
import { TOPICS, type Deployments } from '#contracts';
import type { EventLog, FollowedTopic } from '#eventlog';
import type { Clock } from '#kernel';
import {
  CLOCK,
  CONFIG,
  EVENT_LOG,
  FollowedView,
  LOGGER,
  LogTransport,
  METRICS,
  ReadModels,
  SLEEP,
  ServiceLog,
  type Logger,
  type Metrics,
  type Sleep,
} from '#runtime';
import { AlertClock } from '../effects/alert-clock';
import { ActionDesk } from '../http/action-desk';
import { AlertsController } from '../http/alerts.controller';
import { DEPLOYMENTS } from '../http/deployments-in-force';
import { addMonitoringMetrics, countEnds } from '../observability/monitoring-metrics';
import type { MonitoringConfig } from '../monitoring.config';
import { Alerts } from '../projections/alerts';
import { Notifications } from '../projections/notifications';
import { Reports } from '../projections/reports';
import { Channels } from './channels';
import { NotificationSender } from './notification-sender';

/** Doors about alerts, and what tells people of them. */
export const ALERTING_CONTROLLERS: Type[] = [AlertsController];

export const ALERTING_PROVIDERS: Provider[] = [
  {
    provide: ActionDesk,
    inject: [EVENT_LOG, ServiceLog, Alerts, CLOCK, SLEEP, LogTransport],
    useFactory: (
      log: EventLog,
      serviceLog: ServiceLog,
      alerts: Alerts,
      clock: Clock,
      sleep: Sleep,
      transport: LogTransport,
    ) => {
      const topic = serviceLog.topic(TOPICS.monitoringInputs);
      const desk = new ActionDesk({ log, topic, alerts, clock, sleep });
      transport.add('desk', desk);
      return desk;
    },
  },
  {
    provide: Notifications,
    inject: [EVENT_LOG, ServiceLog, SLEEP, LOGGER, LogTransport, ReadModels],
    useFactory: (
      log: EventLog,
      serviceLog: ServiceLog,
      sleep: Sleep,
      logger: Logger,
      transport: LogTransport,
      models: ReadModels,
    ) => {
      const view = new Notifications();
      const followed = new FollowedView<Notifications>({
        name: TOPICS.notifications,
        log,
        topics: [serviceLog.topic(TOPICS.notifications)],
        sleep,
        view,
        apply: (each, records) =>
          each.onRecords(records, ({ offset }, err) =>
            logger.error({ offset, err }, 'a notification cannot be shown and is passed over'),
          ),
        empty: () => new Notifications(),
      });
      transport.add('notifications', followed);
      models.add(followed);
      return view;
    },
  },
  {
    provide: AlertClock,
    inject: [EVENT_LOG, CONFIG, ServiceLog, DEPLOYMENTS, CLOCK, SLEEP, LOGGER, LogTransport],
    useFactory: (
      log: EventLog,
      { instance }: MonitoringConfig,
      serviceLog: ServiceLog,
      control: FollowedTopic<Deployments>,
      clock: Clock,
      sleep: Sleep,
      logger: Logger,
      transport: LogTransport,
    ) => {
      const alerts = serviceLog.topic(TOPICS.alerts);
      const inputs = serviceLog.topic(TOPICS.monitoringInputs);
      const alertClock = new AlertClock({
        log,
        alerts,
        inputs,
        control,
        clock,
        sleep,
        instance,
        logger,
      });
      transport.add('alert clock', alertClock);
      return alertClock;
    },
  },
  {
    provide: NotificationSender,
    inject: [EVENT_LOG, CONFIG, ServiceLog, CLOCK, SLEEP, LOGGER, METRICS, LogTransport, Alerts, Reports],
    useFactory: (
      log: EventLog,
      { namespace, smtp, doors }: MonitoringConfig,
      serviceLog: ServiceLog,
      clock: Clock,
      sleep: Sleep,
      logger: Logger,
      metrics: Metrics,
      transport: LogTransport,
      alerts: Alerts,
      reports: Reports,
    ) => {
      const channels = new Channels({
        sender: { namespace, console: doors.monitoring.replace(/\/+$/u, '') },
        smtp,
        environment: process.env,
        clock,
        post: fetch,
      });
      const sender = new NotificationSender({
        log,
        topic: serviceLog.topic(TOPICS.notifications),
        group: serviceLog.topic('monitoring.notification-sender'),
        channels,
        clock,
        sleep,
        logger,
        ended: countEnds(metrics),
      });
      addMonitoringMetrics(metrics, { alerts, reports, sender });
      // What is played again in a namespace of its own tells nobody.
      if (!isReplayed(namespace)) transport.add('notification sender', sender);
      return sender;
    },
  },
];

const isReplayed = (namespace: string): boolean => /(^|\.)replay\./u.test(namespace);
