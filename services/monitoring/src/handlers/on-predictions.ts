import {
  HEADERS,
  PartitionAdvanced,
  PredictionRouted,
  TOPICS,
  WindowProfiled,
  controlPositionOf,
  sourcePositionOf,
  type Deployments,
} from '#contracts';
import type { ReferenceProfile } from '#drift';
import { type Fold, type FollowedTopic, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, partitionOf, sha256 } from '#kernel';
import type { Logger } from '#runtime';
import { watchOf, type Watch } from '../domain/watch';
import { isoTime } from '../domain/event-window';
import { parsePrediction, readValues, type Prediction } from '../domain/prediction';
import type { ScoredRow } from '../domain/parts/profile-part';
import { ProfileState } from '../domain/parts/profile-state';
import type { ReferenceProfiles } from '../effects/reference-profiles';
import type { VectorsByPosition } from '../effects/vectors-by-position';
import { eachRecord } from './each-record';
import { outputsOf } from './outputs';

export interface PredictionsHandler {
  readonly deployment: string;
  /** Full name of `monitoring.inputs.<deployment>`, and its partitions. */
  readonly inputs: { readonly topic: string; readonly partitions: number };
  /** Full name of `monitoring.inputs`. */
  readonly parts: string;
  readonly control: FollowedTopic<Deployments>;
  readonly profiles: ReferenceProfiles;
  readonly vectors: VectorsByPosition;
  readonly logger: Logger;
}

/**
 * Counts predictions, and the vectors that they were made from, by the bins of the reference profile of the version that made them;
 * and routes what their labels will be compared with. What holds for a prediction (version, threshold, window, reference) is what
 * the deployment fact says under which it was made, so the outcome depends on the predictions alone.
 */
export const onPredictions = (handler: PredictionsHandler): Fold<ProfileState, Deployments> => {
  const { deployment, inputs, parts, vectors } = handler;
  const source = TOPICS.predictions(deployment);
  const routed = outputsOf(PredictionRouted, { topic: inputs.topic, source });
  const profiled = outputsOf(WindowProfiled, { topic: parts, source });
  const advanced = outputsOf(PartitionAdvanced, { topic: parts, source });
  const watches = watchesOf(handler);

  const step = async (
    state: ProfileState,
    record: LogRecord,
    round: Round<ProfileState, Deployments>,
  ): Promise<void> => {
    const prediction = parsePrediction(record.value);
    const { watch, reference } = await watches(record, prediction);
    const row = await rowOf(record, prediction, watch, vectors);
    const control = [HEADERS.control, record.headers.get(HEADERS.control)!] as const;

    const { eventId: event_id, eventTime: event_time, score } = prediction;
    const { version, threshold, windowMs: window_ms, maturityMs: maturity_ms } = watch;
    if (score !== undefined) {
      const partition = partitionOf(Buffer.from(event_id), inputs.partitions);
      const value = { event_id, event_time, version, threshold, score, window_ms, maturity_ms };
      round.emit(routed(record, value, { partition, key: event_id, time: event_time, control }));
    }

    const passed = state.fold(row, watch, reference);
    if (!passed) return;
    const place = { partition: 0, key: deployment, control };
    passed.parts.forEach((part, k) => {
      const fact = part.toFact(source, record.partition);
      round.emit(profiled(record, fact, { ...place, time: fact.window.end, k }));
    });
    const through = isoTime(passed.through);
    const fact = { deployment, part: 'profiled' as const, partition: record.partition, through };
    round.emit(advanced(record, fact, { ...place, time: through, k: passed.parts.length }));
  };

  return {
    name: `profiles-${deployment}`,
    initial: () => ProfileState.empty(),
    restore: {
      from: 'source',
      snapshot: {
        encode: (state) => Buffer.from(state.encode()),
        decode: (bytes) => ProfileState.decode(Buffer.from(bytes).toString()),
      },
    },
    definition: () => sha256('monitoring profiles 1'),
    total: false,
    dropSeen: true,
    process: eachRecord(step),
  };
};

interface Watching {
  readonly watch: Watch;
  /** Undefined where there is none that fits the version. */
  readonly reference: ReferenceProfile | undefined;
}

/** What holds for a prediction, kept by control position and version. */
const watchesOf = ({ deployment, control, profiles, logger }: PredictionsHandler) => {
  const known = new Map<string, Watching>();
  return async (record: LogRecord, { version }: Prediction): Promise<Watching> => {
    const position = controlPositionOf(record.headers);
    const key = `${position}/${version}`;
    const found = known.get(key);
    if (found) return found;
    if (position === undefined || !Number.isInteger(position))
      throw violation('the prediction has no control position');
    await control.reach(position);
    const fact = control.at(position).get(deployment);
    const watch = fact && watchOf(fact, version);
    if (!watch)
      throw violation(
        `version ${version} stands on no route of ${deployment} at control position ${position}`,
      );
    const reference = await profiles.get(watch.profile);
    const fits = reference?.features.map(({ name }) => name).join() === watch.features.join();
    if (reference && !fits) {
      logger.error(
        { deployment, version },
        `the reference profile of version ${version} has other features than the version: no drift is told`,
      );
    }
    if (known.size > 1_000) known.clear();
    const watching = { watch, reference: fits ? reference : undefined };
    known.set(key, watching);
    return watching;
  };
};

const rowOf = async (
  record: LogRecord,
  prediction: Prediction,
  watch: Watch,
  vectors: VectorsByPosition,
): Promise<ScoredRow> => {
  const position = sourcePositionOf(record.headers);
  if (!position) throw violation('the prediction does not name its vector');
  const vector = await vectors.at(position.partition, position.offset);
  const { time, score, decision, route } = prediction;
  const values = readValues(vector.value, watch);
  return { offset: record.offset, time, score: score ?? null, decision, route, values };
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
