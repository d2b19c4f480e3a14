import {
  ClockTicked,
  DriftDetected,
  HEADERS,
  LabelRouted,
  PartitionAdvanced,
  PredictionRouted,
  RouteLabelled,
  TOPICS,
  WindowMeasured,
  decodeEvent,
  sourcePositionOf,
  type Deployments,
} from '#contracts';
import type { Fold, LogRecord } from '#eventlog';
import { ContractViolation, sha256, timestampMs } from '#kernel';
import {
  isoTime,
  isoWindow,
  LabelJoin,
  type MeasuredTask,
  type Passed,
  type MeasuredPart,
  readRoutedPrediction,
} from '#folds';
import { eachRecord } from './each-record';
import { outputsOf } from './outputs';

export interface DeploymentInputsHandler {
  readonly deployment: string;
  readonly model: string;
  readonly task: MeasuredTask;
  /** Full name of `monitoring.inputs`. */
  readonly parts: string;
}

/** Joins predictions and labels by event and gives realised performance by window of the prediction's event time. */
export const onDeploymentInputs = ({
  deployment,
  model,
  task,
  parts,
}: DeploymentInputsHandler): Fold<LabelJoin, Deployments> => {
  const source = TOPICS.deploymentInputs(deployment);
  const measured = outputsOf(WindowMeasured, { topic: parts, source });
  const advanced = outputsOf(PartitionAdvanced, { topic: parts, source });
  const detected = outputsOf(DriftDetected, { topic: parts, source });
  const labelled = outputsOf(RouteLabelled, { topic: parts, source });
  return {
    name: `performance-${deployment}`,
    initial: () => new LabelJoin(task),
    restore: {
      from: 'source',
      snapshot: {
        encode: (join) => Buffer.from(join.encode()),
        decode: (bytes) => LabelJoin.decode(Buffer.from(bytes).toString(), task),
      },
    },
    definition: () => sha256(`monitoring performance 2 ${task}`),
    total: false,
    dropSeen: true,
    process: eachRecord((join, record, round) => {
      const passed = foldInput(join, record);
      const place = { partition: 0, key: deployment, control: round.controlHeader };
      let k = 0;
      if (record.headers.text(HEADERS.type) === ClockTicked.type) {
        const { parts: arms, from, to } = join.takeTrials(record.offset);
        const span = { topic: source, partition: record.partition, from, to };
        const time = isoTime(record.timestamp);
        for (const { arm, counts } of arms) {
          const { name: trial, route, version } = arm;
          const { bins, squaredError, logLoss, ...rest } = counts.toJSON();
          const stored = {
            ...rest,
            bins: bins.map(([bin, negatives, positives]): [number, number, number] => [
              bin,
              negatives,
              positives,
            ]),
            squaredError: [...squaredError],
            logLoss: [...logLoss],
          };
          const fact = { deployment, trial, route, version, counts: stored, span };
          round.emit(labelled(record, fact, { ...place, time, k: k++ }));
        }
      }
      for (const { eventId, time, window, ...detection } of join.takeDetections()) {
        const fact = {
          deployment,
          model,
          ...detection,
          event_id: eventId,
          event_time: isoTime(time),
          window: isoWindow(window),
          span: { topic: source, partition: record.partition, from: record.offset, to: record.offset + 1 },
        };
        round.emit(detected(record, fact, { ...place, time: fact.event_time, k: k++ }));
      }
      if (!passed) return;
      for (const part of passed.parts) {
        const fact = part.toFact(deployment);
        round.emit(measured(record, fact, { ...place, time: fact.window.end, k: k++ }));
      }
      const through = isoTime(passed.through);
      const fact = { deployment, part: 'measured' as const, partition: record.partition, through };
      round.emit(advanced(record, fact, { ...place, time: through, k }));
    }),
  };
};

const foldInput = (join: LabelJoin, record: LogRecord): Passed<MeasuredPart> | undefined => {
  const type = record.headers.text(HEADERS.type);
  switch (type) {
    case PredictionRouted.type: {
      const { eventId, joined } = readRoutedPrediction(record.value);
      return join.foldPrediction(eventId, joined);
    }
    case LabelRouted.type: {
      const { event_id, known_at, value } = decodeEvent(LabelRouted, record.value);
      const position = sourcePositionOf(record.headers);
      if (!position)
        throw new ContractViolation('PLAYHEAD_ENVELOPE_INVALID', 'a routed label names no position');
      const { partition, offset } = position;
      return join.foldLabel(event_id, { value, knownAt: timestampMs(known_at), partition, offset });
    }
    case ClockTicked.type:
      return join.tick();
    default:
      throw new ContractViolation(
        'PLAYHEAD_CONTRACT_VIOLATED',
        `a ${type ?? 'record without a type'} is no input of a deployment`,
      );
  }
};
