/**
 * Ingestion, read aloud:
 *
 *   registry.definitions            -- control: streams, compiled, by revision
 *   POST /v1/streams/<s>/events     -> EventsController -> ingestion.inbox.<s>          (bytes as they were sent; Kafka producers write here, too)
 *   ingestion.inbox.<s>             -> onInbox          -> ingestion.observations.<s>   ingestion.observation.recorded  (primary, aligned)
 *                                                       -> ingestion.rejections.<s>     ingestion.record.rejected       (aligned)
 *                                                       -> ingestion.inbox.<s>          the same bytes in the partition that owns the key
 *                                                       -> ingestion.dead-letters       what is no JSON object, and batches that nobody can decode
 *
 * Each inbox record has one of these outcomes; `domain/decide.ts` says which. How a duplicate is recognised stands in
 * `domain/seen-ids.ts`, how late is late in `domain/watermark.ts`, what a schema refuses in `libs/contracts/src/streams`.
 * One runner for each stream, made by the fleet as `registry.definitions` grows.
 */
import {
  DefinitionApplied,
  HEADERS,
  INBOX,
  ObservationRecorded,
  RecordRejected,
  TOPICS,
  deadLettersOf,
  decodeEvent,
  type Topology,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { Fleet, type Logger, type LogTransport, type ServiceLog, type Worker } from '#runtime';
import { evolveStreams, type Streams } from './domain/streams';
import { StreamWorker, type StreamWorkerParts } from './handlers/stream-worker';

export const TOPOLOGY: Topology = {
  service: 'ingestion',
  control: [DefinitionApplied],
  roads: [
    { on: 'POST /v1/streams/<stream>/events', by: 'EventsController', gives: [INBOX] },
    {
      on: [INBOX],
      by: 'onInbox',
      looksUp: [INBOX, RecordRejected, deadLettersOf('ingestion')],
      gives: [ObservationRecorded, RecordRejected, INBOX],
    },
  ],
};

export const followStreams = (serviceLog: ServiceLog): FollowedTopic<Streams> =>
  serviceLog.followed<Streams>(TOPICS.definitions, {
    initial: new Map(),
    evolve: (streams, record) =>
      record.headers.text(HEADERS.type) === DefinitionApplied.type
        ? evolveStreams(streams, decodeEvent(DefinitionApplied, record.value))
        : streams,
  });

export interface IngestionParts extends StreamWorkerParts {
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

export const ingestionFleet = (parts: IngestionParts): Fleet<Streams> =>
  new Fleet<Streams>({
    control: parts.control,
    logger: parts.logger,
    failed: (key, error) => parts.transport.fail(key, error),
    desired: (streams) =>
      new Map(
        [...streams.values()].map((stream): [string, () => Worker] => [
          stream.name,
          () => new StreamWorker(stream, parts),
        ]),
      ),
  });
