import { TOPICS } from '#contracts';
import type { EventLog, FoldRunner, FollowedTopic, TopicSpec } from '#eventlog';
import type { CommonConfig, ServiceLog, Sleep, Worker } from '#runtime';
import type { StreamPartition } from '../domain/stream-partition';
import type { StreamInForce, Streams } from '../domain/streams';
import { onInbox } from './on-inbox';
import type { InboxMeter } from './inbox-meter';
import { Provenance } from './provenance';

export interface StreamWorkerParts {
  readonly log: EventLog;
  readonly config: Pick<CommonConfig, 'namespace'>;
  readonly serviceLog: ServiceLog;
  readonly control: FollowedTopic<Streams>;
  readonly meter: InboxMeter;
  readonly sleep: Sleep;
}

/** An event of a million bytes with its key, headers and framing fits. */
const INBOX_MAX_BYTES = 1_100_000;
const WEEK_MS = 604_800_000;
/** Observations that a restart folds again, at most, for each partition: about a tenth of a second's work. */
const SNAPSHOT_EVERY = 25_000;

/**
 * The three topics of a stream. The inbox is transport: kept for what lateness and dedupe need and a week; uncompressed, so that the
 * broker itself undoes codecs that we cannot read.
 */
export const topicsOf = ({
  name,
  partitions,
  latenessMs,
  dedupeMs,
}: Pick<StreamInForce, 'name' | 'partitions' | 'latenessMs' | 'dedupeMs'>): TopicSpec[] => [
  {
    name: TOPICS.inbox(name),
    partitions,
    config: {
      'compression.type': 'uncompressed',
      'max.message.bytes': String(INBOX_MAX_BYTES),
      'retention.ms': String(Math.max(latenessMs, dedupeMs) + WEEK_MS),
    },
  },
  { name: TOPICS.observations(name), partitions },
  { name: TOPICS.rejections(name), partitions },
];

/** Makes the topics of one stream and folds its inbox. */
export class StreamWorker implements Worker {
  private readonly runner: FoldRunner<StreamPartition, Streams>;

  constructor(
    private readonly stream: StreamInForce,
    private readonly parts: StreamWorkerParts,
  ) {
    const { log, config, serviceLog, control, meter, sleep } = parts;
    const { name } = stream;
    this.runner = serviceLog.runner({
      fold: onInbox({
        stream: name,
        topics: {
          inbox: serviceLog.topic(TOPICS.inbox(name)),
          observations: serviceLog.topic(TOPICS.observations(name)),
          rejections: serviceLog.topic(TOPICS.rejections(name)),
        },
        provenance: new Provenance({ log, namespace: config.namespace, stream: name, sleep }),
        progress: meter.of(name),
      }),
      source: TOPICS.inbox(name),
      primary: TOPICS.observations(name),
      alignedSecondaries: [TOPICS.rejections(name)],
      control,
      snapshotEvery: SNAPSHOT_EVERY,
    });
  }

  async start(): Promise<void> {
    await this.parts.serviceLog.ensureTopics(topicsOf(this.stream));
    await this.runner.start();
  }

  stop(): Promise<void> {
    return this.runner.stop();
  }

  status(): ReturnType<FoldRunner<StreamPartition, Streams>['status']> {
    return this.runner.status();
  }
}
