import { HEADERS, TOPICS, parseAsOf } from '#contracts';
import { SeenPositions, admitted, readRecords, type EventLog, type LogRecord } from '#eventlog';
import { beginLearner, foldLearnerInput, learnerDefinition, type LearnerRange } from '#fit';
import { ContractViolation, PlatformError, Refused, timestampMs } from '#kernel';
import type { StreamLearner } from '#learn';
import type { ServiceLog } from '#runtime';
import type { TrainingRequest } from '../domain/training-run';
import { LEARNER_FOLD, learnerCodec } from '../handlers/on-learner-inputs';

/** Where a state is wanted: all that stands below an offset, or all that was known at a moment that events speak of (epoch ms). */
export type LearnerMoment = { readonly offset: number } | { readonly time: number };

/** What `as_of` says of a learner; undefined where it says nothing. @throws Refused where it is no moment of a learner. */
export const momentOf = ({ as_of, model }: TrainingRequest): LearnerMoment | undefined => {
  if (as_of === undefined) return undefined;
  const cut = parseAsOf(as_of);
  if (cut.by === 'time') return { time: cut.time };
  const offset = cut.vectors?.get(0);
  if (offset !== undefined && cut.vectors!.size === 1 && !cut.labels) return { offset };
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `${model} learns from ${TOPICS.learnerInputs(model)} alone: as of a time, or of an offset there such as 0:1200, not "${as_of}"`,
  );
};

export interface FoldedLearner {
  readonly stream: StreamLearner;
  readonly range: LearnerRange;
}

/**
 * The state of a learner at an offset: from the newest snapshot at or below it, or from the first record. At one offset it is always the
 * same, to the byte. A record that cannot be folded is passed over, as the fold that runs dead-letters it.
 */
export const foldLearner = async (
  { log, serviceLog }: { readonly log: EventLog; readonly serviceLog: ServiceLog },
  request: TrainingRequest,
  moment: LearnerMoment | undefined,
  signal?: AbortSignal,
): Promise<FoldedLearner> => {
  const topic = TOPICS.learnerInputs(request.model);
  const [ends] = await log.ends(serviceLog.topic(topic));
  const { start = 0, end = 0 } = ends ?? {};
  const to = moment && 'offset' in moment ? moment.offset : end;
  if (to > end) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${topic} ends at offset ${end}, before ${to}`);
  // A snapshot says at which offset it was taken, not which moments lie below it.
  const isTimed = moment !== undefined && 'time' in moment;
  const found = isTimed
    ? undefined
    : await serviceLog.snapshots.newest(
        { fold: LEARNER_FOLD, definition: learnerDefinition(request), topic, partition: 0 },
        to,
        (bytes) => learnerCodec(request).decode(bytes),
      );
  const stream = found?.state ?? beginLearner(request);
  const seen = found?.seen ?? new SeenPositions();
  const from = found?.offset ?? start;
  if (!found && start > 0)
    throw new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${topic} starts at ${start}: what ${request.model} learned before is gone, and no snapshot holds it`,
    );
  let next = from;
  for await (const record of readRecords(log, serviceLog.topic(topic), 0, from, to)) {
    if (signal?.aborted) break;
    if (isTimed && timeOf(record) > moment.time) break;
    if (admitted(seen, record)) foldOrPass(stream, record, request);
    next = record.offset + 1;
  }
  return { stream, range: { topic, from: 0, to: isTimed ? next : to } };
};

const foldOrPass = (stream: StreamLearner, record: LogRecord, request: TrainingRequest): void => {
  try {
    foldLearnerInput(stream, record, request);
  } catch (error) {
    if (!(error instanceof ContractViolation)) throw error;
  }
};

const timeOf = ({ headers }: LogRecord): number => timestampMs(headers.text(HEADERS.time));
