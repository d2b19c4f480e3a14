import {
  EnvelopeTemplate,
  HEADERS,
  RequestAnswered,
  TOPICS,
  type DeploymentFact,
  type Deployments,
  type EnvelopeHeader,
} from '#contracts';
import { SharedAppender, type EventLog, type FollowedTopic, type NewRecord } from '#eventlog';
import { Refused, TransientFailure, isPlatformError, messageOf, partitionOf, type Clock } from '#kernel';
import type { Logger, Metrics, ServiceLog, Sleep, Worker } from '#runtime';
import type { InferAnswer, InferCall, RequestLog } from '../inference';
import { BufferedAppender } from './buffered-appender';
import { RequestMeter } from './request-meter';
import { isSampled, renderRequest, type LoggedRequest } from './request-record';

export interface AnsweredRequestsOptions {
  readonly log: EventLog;
  readonly serviceLog: Pick<ServiceLog, 'topic'>;
  readonly control: Pick<FollowedTopic<Deployments>, 'state' | 'position'>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly instance: string;
  /** Bytes that may wait, of each of the two ways. */
  readonly maxQueuedBytes: number;
  /** How long an answer waits for the log at most. */
  readonly durableWaitMs: number;
  /** How long topics keep requests; 0: for ever. */
  readonly retentionMs: number;
}

/** A record of more bytes is not taken: a batch of some ten thousand rows. */
export const MAX_REQUEST_BYTES = 8_000_000;
const WARN_EVERY_MS = 10_000;

/**
 * Every answered request of the doors, a record for each, as its deployment says: `durable` before the answer goes out, `async` soon after
 * and dropped when the log cannot keep up, `sampled` likewise for a share of them. The answers of a model without a
 * deployment are not logged: no definition says how.
 */
export class AnsweredRequests implements RequestLog, Worker {
  private readonly durable: SharedAppender;
  private readonly buffered: BufferedAppender;
  private readonly meter: RequestMeter;
  private readonly template = new EnvelopeTemplate({ type: RequestAnswered.type, source: 'serving' });
  private readonly topics = new Map<string, Promise<void>>();
  private readonly deploymentOf = new Map<string, DeploymentFact>();
  private readonly began: number;
  private serial = 0;
  private droppedSince = 0;
  private warnedAt = -Infinity;

  constructor(private readonly options: AnsweredRequestsOptions) {
    const { log, maxQueuedBytes, sleep, metrics, clock } = options;
    this.began = clock.now();
    this.durable = new SharedAppender({ log, maxQueuedBytes });
    this.buffered = new BufferedAppender({
      log,
      maxBytes: maxQueuedBytes,
      sleep,
      prepare: (topic) => this.ready(topic),
      dropped: ({ topic }, why) => this.drop(this.deploymentOf.get(topic)?.deployment ?? topic, why),
    });
    this.meter = new RequestMeter(metrics, () => this.durable.backlog + this.buffered.backlog);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** What was answered is appended, as far as the log takes it. */
  async stop(): Promise<void> {
    await Promise.all([this.durable.close(), this.buffered.close()]);
  }

  status(): unknown {
    return { waitingBytes: this.durable.backlog + this.buffered.backlog };
  }

  /**
   * @throws PLAYHEAD_LOG_UNAVAILABLE (503) where the deployment's logging is durable and the log does not acknowledge,
   *   PLAYHEAD_OVERLOADED (429) where too much waits for it.
   */
  append(call: InferCall, answer: InferAnswer): Promise<void> | undefined {
    const { deployment } = answer.served;
    const logging = deployment?.logging;
    const { id } = answer;
    if (!deployment || !logging || id === undefined || answer.rows === 0) return undefined;
    if (logging.mode === 'sampled' && !isSampled(id, logging.sample ?? 1)) return undefined;
    const record = this.recordOf({ call, answer, id }, deployment);
    const size = record.value!.length;
    if (logging.mode !== 'durable') {
      if (size > MAX_REQUEST_BYTES) this.drop(deployment.deployment, `the record has ${size} bytes`);
      else {
        this.meter.taken(deployment.deployment, logging.mode);
        this.buffered.offer(record);
      }
      return undefined;
    }
    if (size > MAX_REQUEST_BYTES)
      return Promise.reject(
        new Refused(
          'PLAYHEAD_REQUEST_TOO_LARGE',
          `the record of this request would have ${size} bytes, ${MAX_REQUEST_BYTES} are taken (logging: durable); send fewer rows at once`,
        ),
      );
    this.meter.taken(deployment.deployment, logging.mode);
    return this.acknowledged(record, deployment.deployment);
  }

  private async acknowledged(record: NewRecord, deployment: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const { durableWaitMs } = this.options;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(unavailable(deployment, `no acknowledgement within ${durableWaitMs} ms`)),
        durableWaitMs,
      );
    });
    const ready = this.ready(record.topic);
    const appended = ready.then(() => this.durable.append([record]));
    try {
      await Promise.race([appended, late]);
    } catch (error) {
      appended.catch(() => undefined);
      if (!isPlatformError(error) || error.disposition !== 'retry') throw error;
      throw error.details.deployment === deployment
        ? error
        : unavailable(deployment, messageOf(error), error);
    } finally {
      clearTimeout(timer);
    }
  }

  private recordOf(request: LoggedRequest, deployment: DeploymentFact): NewRecord {
    const { clock, control, instance, serviceLog } = this.options;
    const { call, answer, id } = request;
    const topic = this.topicOf(deployment, (name) => serviceLog.topic(name));
    const key = Buffer.from(call.key ?? id);
    const { model, reads } = answer.served;
    const extra: EnvelopeHeader[] = [[HEADERS.model, `${model}@${reads.version}=${reads.artifact}`]];
    // Said only where it is sure that the answer was decided under it.
    if (control.state.get(deployment.deployment) === deployment)
      extra.push([HEADERS.control, String(control.position)]);
    if (call.traceparent !== undefined) extra.push([HEADERS.traceparent, call.traceparent]);
    return {
      topic,
      partition: partitionOf(key, deployment.service.partitions),
      key,
      value: Buffer.from(renderRequest(request)),
      // The caller's id may come twice; this one does not.
      headers: this.template.headers(
        `${instance}/${this.began}/${this.serial++}`,
        new Date(clock.now()).toISOString(),
        ...extra,
      ),
    };
  }

  private topicOf(deployment: DeploymentFact, full: (name: string) => string): string {
    const topic = full(TOPICS.servingRequests(deployment.deployment));
    this.deploymentOf.set(topic, deployment);
    return topic;
  }

  /** Makes the topic of a deployment when its first request is logged. */
  private ready(topic: string): Promise<void> {
    let made = this.topics.get(topic);
    if (!made) {
      const { log, retentionMs } = this.options;
      const { service } = this.deploymentOf.get(topic)!;
      // Not waited for while the log is away: whoever asks is told.
      made = log.ensureTopics([
        {
          name: topic,
          partitions: service.partitions,
          config: {
            'max.message.bytes': String(MAX_REQUEST_BYTES + 100_000),
            ...(retentionMs > 0 && { 'retention.ms': String(retentionMs) }),
          },
        },
      ]);
      this.topics.set(topic, made);
      made.catch(() => this.topics.delete(topic));
    }
    return made;
  }

  private drop(deployment: string, why: string): void {
    const { clock, logger } = this.options;
    this.meter.dropped(deployment);
    this.droppedSince += 1;
    if (clock.now() - this.warnedAt < WARN_EVERY_MS) return;
    logger.warn(
      { deployment, dropped: this.droppedSince },
      `${this.droppedSince} answered requests of ${deployment} are not logged: ${why}`,
    );
    this.warnedAt = clock.now();
    this.droppedSince = 0;
  }
}

const unavailable = (deployment: string, why: string, cause?: unknown): TransientFailure =>
  new TransientFailure(
    'PLAYHEAD_LOG_UNAVAILABLE',
    `the answer is held back, because its record is not on the log (logging of ${deployment} is durable); ask again: ${why}`,
    { details: { deployment }, cause },
  );
