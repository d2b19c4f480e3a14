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
  compileSliceValues,
  identityOf,
  type SliceValues,
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
  /** The trigger's events, read where a monitor asks for their fields. */
  readonly observations: VectorsByPosition;
  readonly logger: Logger;
}

/**
 * Counts predictions, and the vectors that they were made from, by the bins of the reference profile of the version that made them;
 * and routes what their labels will be compared with. What holds for a prediction (version, threshold, window, reference) is what
 * the deployment fact says under which it was made, so the outcome depends on the predictions alone.
 */
export const onPredictions = (handler: PredictionsHandler): Fold<ProfileState, Deployments> => {
  const { deployment, inputs, parts, vectors, observations } = handler;
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
    const { partition, offset } = sourceOf(record, 'prediction', 'vector');
    const vector = watching && vectors.known(partition, offset);
    return vector && !watching.slices?.needsObservation
      ? fold(state, record, round, { prediction, watching, vector, observation: null })
      : gather(record, prediction).then((gathered) => fold(state, record, round, gathered));
  };

  const gather = async (record: LogRecord, prediction: Prediction): Promise<Gathered> => {
    const watching = await watches.of(record, prediction);
    const { partition, offset } = sourceOf(record, 'prediction', 'vector');
    const vector = await vectors.at(partition, offset);
    if (!watching.slices?.needsObservation) return { prediction, watching, vector, observation: null };
    const trigger = sourceOf(vector, 'vector', 'trigger');
    const observation = await observations.at(trigger.partition, trigger.offset);
    return { prediction, watching, vector, observation: observation.value };
  };

  const fold = (
    state: ProfileState,
    record: LogRecord,
    round: Round<ProfileState, Deployments>,
    { prediction, watching, vector, observation }: Gathered,
  ): void => {
    const { watch, reference, control, reader, values, render, hasIdentity } = watching;
    reader.readValues(vector.value, values, 0);
    const slices = watching.slices?.of(values, observation);
    const { eventId, eventTime, time, score, decision, route } = prediction;
    const row = {
      offset: record.offset,
      time,
      score: score ?? null,
      decision,
      route,
      values,
      ...(hasIdentity && { identity: identityOf(record.value) }),
      ...(slices && { slices }),
    };
    const { chunk, passed } = state.fold(row, watch, reference, record.partition);
    if (score !== undefined) {
      const partition = partitionOf(Buffer.from(eventId), inputs.partitions);
      const text = render(prediction, score, { chunk, slices });
      round.emit(routed(record, text, { partition, key: eventId, time: eventTime, control }));
    }
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
    definition: () => sha256('monitoring profiles 2'),
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
  /** Value of the trigger event, where it is asked for. */
  readonly observation: Buffer | null;
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
  readonly slices: SliceValues | undefined;
  /** Duplicates are looked for. */
  readonly hasIdentity: boolean;
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
      slices: compileSliceValues(watch),
      hasIdentity: watch.monitor?.quality?.duplicates !== undefined,
    };
    known.set(key, watching);
    return watching;
  };
  return { of, known: (record: LogRecord, prediction: Prediction) => known.get(keyOf(record, prediction)) };
};

const sourceOf = (record: LogRecord, what: string, source: string): Position => {
  const position = sourcePositionOf(record.headers);
  if (!position) throw violation(`the ${what} does not name its ${source}`);
  return position;
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
