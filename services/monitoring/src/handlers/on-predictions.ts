import {
  HEADERS,
  PartitionAdvanced,
  PredictionRouted,
  TOPICS,
  WindowProfiled,
  compileVectorReader,
  controlPositionOf,
  sourcePositionOf,
  type Deployments,
  type EnvelopeHeader,
  type VectorReader,
} from '#contracts';
import type { ReferenceProfile } from '#drift';
import { type Fold, type FollowedTopic, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, partitionOf, sha256, type Position } from '#kernel';
import type { Logger } from '#runtime';
import {
  compileRoutedPrediction,
  isoTime,
  parsePrediction,
  type Prediction,
  ProfileState,
  type Watch,
  watchOf,
} from '#folds';
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

  const step = (
    state: ProfileState,
    record: LogRecord,
    round: Round<ProfileState, Deployments>,
  ): void | Promise<void> => {
    const prediction = parsePrediction(record.value);
    const watching = watches.known(record, prediction);
    const { partition, offset } = vectorOf(record);
    const vector = watching && vectors.known(partition, offset);
    return vector
      ? fold(state, record, round, { prediction, watching, vector })
      : gather(record, prediction).then((gathered) => fold(state, record, round, gathered));
  };

  const gather = async (record: LogRecord, prediction: Prediction): Promise<Gathered> => {
    const watching = await watches.of(record, prediction);
    const { partition, offset } = vectorOf(record);
    return { prediction, watching, vector: await vectors.at(partition, offset) };
  };

  const fold = (
    state: ProfileState,
    record: LogRecord,
    round: Round<ProfileState, Deployments>,
    { prediction, watching: { watch, reference, control, reader, values, render }, vector }: Gathered,
  ): void => {
    reader.readValues(vector.value, values, 0);
    const { eventId, eventTime, time, score, decision, route } = prediction;
    if (score !== undefined) {
      const partition = partitionOf(Buffer.from(eventId), inputs.partitions);
      const text = render(prediction, score);
      round.emit(routed(record, text, { partition, key: eventId, time: eventTime, control }));
    }

    const row = { offset: record.offset, time, score: score ?? null, decision, route, values };
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

/** All that one prediction is folded with. */
interface Gathered {
  readonly prediction: Prediction;
  readonly watching: Watching;
  readonly vector: LogRecord;
}

/** What the predictions of one version under one control position have in common. */
interface Watching {
  readonly watch: Watch;
  /** Undefined where there is none that fits the version. */
  readonly reference: ReferenceProfile | undefined;
  readonly control: EnvelopeHeader;
  readonly reader: VectorReader;
  /** Of the vector read last. */
  readonly values: Float64Array;
  readonly render: ReturnType<typeof compileRoutedPrediction>;
}

/** What holds for a prediction, kept by control position and version. */
const watchesOf = ({ deployment, control, profiles, logger }: PredictionsHandler) => {
  const known = new Map<string, Watching>();
  const keyOf = (record: LogRecord, { version }: Prediction): string =>
    `${record.headers.text(HEADERS.control)}/${version}`;
  const of = async (record: LogRecord, prediction: Prediction): Promise<Watching> => {
    const key = keyOf(record, prediction);
    const found = known.get(key);
    if (found) return found;
    const { version } = prediction;
    const position = controlPositionOf(record.headers);
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
    const watching: Watching = {
      watch,
      reference: fits ? reference : undefined,
      control: [HEADERS.control, String(position)],
      reader: compileVectorReader(watch),
      values: new Float64Array(watch.features.length),
      render: compileRoutedPrediction(watch),
    };
    known.set(key, watching);
    return watching;
  };
  return { of, known: (record: LogRecord, prediction: Prediction) => known.get(keyOf(record, prediction)) };
};

const vectorOf = (record: LogRecord): Position => {
  const position = sourcePositionOf(record.headers);
  if (!position) throw violation('the prediction does not name its vector');
  return position;
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
