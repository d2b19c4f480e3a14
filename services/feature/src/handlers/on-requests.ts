import {
  DatasetBuilt,
  DatasetFailed,
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  TrainingRequested,
  decodeEvent,
  encodeEvent,
  isOnlineTrainer,
  readEnvelope,
} from '#contracts';
import { checksumOf, untilAvailable, type Fold, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, PlatformError, formatPosition, messageOf } from '#kernel';
import { buildDataset, type DatasetPorts } from '#replay';
import type { Logger } from '#runtime';

export interface RequestsHandler extends Omit<DatasetPorts, 'progress'> {
  /** Full name of `feature.datasets`. */
  readonly datasets: string;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}

/** Builds the data set of each training request, one after the other; what cannot be built is a fact with its reason. */
export const onRequests = <Control>(handler: RequestsHandler): Fold<null, Control> => ({
  name: 'datasets',
  initial: () => null,
  restore: { from: 'none' },
  total: false,
  dropSeen: true,
  process: async (round) => {
    for (const { records } of round.slices)
      for (const record of records) await onRequest(handler, record, round);
  },
});

const onRequest = async <Control>(
  handler: RequestsHandler,
  record: LogRecord,
  round: Round<null, Control>,
): Promise<void> => {
  const { sleep, logger, datasets } = handler;
  if (readEnvelope(record.headers).type !== TrainingRequested.type) return;
  const emit = (contract: typeof DatasetBuilt | typeof DatasetFailed, run: string, value: Buffer): void => {
    const template = new EnvelopeTemplate({ type: contract.type, source: TOPICS.requests });
    const extra = [round.controlHeader, [HEADERS.sourceCrc, checksumOf(record.value)] as const];
    const headers = template.headers(
      formatPosition(record.partition, record.offset),
      new Date(record.timestamp).toISOString(),
      ...extra,
    );
    round.emit({
      topic: datasets,
      partition: record.partition,
      key: Buffer.from(run),
      value,
      headers,
      source: record.offset,
      k: 0,
    });
  };
  let request;
  try {
    request = decodeEvent(TrainingRequested, record.value);
  } catch (error) {
    if (!(error instanceof ContractViolation)) throw error;
    round.deadLetter(record, error.code, error.message);
    return;
  }
  // It learns from the vectors as they come: its state stands for a data set.
  if (isOnlineTrainer(request.trainer.kind)) return;
  const { run, model } = request;
  try {
    logger.info({ run, model }, `building the data set of ${run}`);
    const progress = (line: string): void => logger.info({ run, model }, `${run}: ${line}`);
    const dataset = await untilAvailable(
      () => buildDataset({ ...handler, progress }, request),
      sleep,
      (error) => logger.warn({ run }, `the data set of ${run} waits: ${error.message}`),
    );
    logger.info(
      { run, model, train: dataset.train.rows, holdout: dataset.holdout.rows, digest: dataset.digest },
      `built the data set of ${run}`,
    );
    emit(DatasetBuilt, run, encodeEvent(DatasetBuilt, dataset));
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
    logger.warn({ run, err: error }, `no data set for ${run}: ${messageOf(error)}`);
    emit(DatasetFailed, run, encodeEvent(DatasetFailed, { run, model, code, message: messageOf(error) }));
  }
};
