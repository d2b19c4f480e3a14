import { randomUUID } from 'node:crypto';
import { AlertActionRequested, EnvelopeTemplate, encodeEvent, type EventOf } from '#contracts';
import { SharedAppender, type EventLog } from '#eventlog';
import { ERROR_CODES, Refused, TransientFailure, type Clock, type ErrorCode } from '#kernel';
import type { Sleep, Worker } from '#runtime';
import type { Alerts } from '../projections/alerts';

export type Action = EventOf<typeof AlertActionRequested>['action'];

export interface ActionDeskOptions {
  readonly log: EventLog;
  /** Full name of `monitoring.inputs`. */
  readonly topic: string;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly sleep: Sleep;
}

/** Who asks, and under which id where the caller gave one. */
export interface Asking {
  readonly actor: string;
  readonly request?: string;
}

const PATIENCE_MS = 15_000;
const QUEUED_BYTES = 1_000_000;

/** Takes what operators ask to the log, and answers once the decider has and this instance has read it. */
export class ActionDesk implements Worker {
  private readonly appender: SharedAppender;
  private readonly template = new EnvelopeTemplate({
    type: AlertActionRequested.type,
    source: 'monitoring.doors',
  });

  constructor(private readonly options: ActionDeskOptions) {
    this.appender = new SharedAppender({ log: options.log, maxQueuedBytes: QUEUED_BYTES });
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.appender.close();
  }

  /** Gives the alert or silence that it was about. A repetition under one id is answered as the first was. */
  async submit(action: Action, { actor, request = randomUUID() }: Asking): Promise<string> {
    const { alerts, clock, sleep } = this.options;
    if (!alerts.answerTo(request)) await this.append({ request, actor, action });
    for (const deadline = clock.now() + PATIENCE_MS; ; await sleep(10)) {
      const answer = alerts.answerTo(request);
      if (answer?.outcome === 'done') return answer.about;
      if (answer) {
        const code = answer.code in ERROR_CODES ? (answer.code as ErrorCode) : 'PLAYHEAD_CONFLICT';
        throw new Refused(code, answer.message, { details: { request } });
      }
      if (clock.now() > deadline)
        throw new TransientFailure(
          'PLAYHEAD_NOT_READY',
          'the request stands on the log and is decided later: monitoring is behind',
          { details: { request } },
        );
    }
  }

  private async append(fact: EventOf<typeof AlertActionRequested>): Promise<void> {
    const { topic, clock } = this.options;
    const value = encodeEvent(AlertActionRequested, fact);
    const headers = this.template.headers(fact.request, new Date(clock.now()).toISOString());
    await this.appender.append([{ topic, partition: 0, key: fact.request, value, headers }]);
  }
}
