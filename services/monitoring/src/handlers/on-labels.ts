import { HEADERS, LabelRouted, TOPICS, type DeploymentFact, type Deployments } from '#contracts';
import { perRecord, type Fold } from '#eventlog';
import { ContractViolation, canonicalKey, partitionOf, timestampMs } from '#kernel';
import { parseObject } from '#folds';
import { outputsOf } from './outputs';

export interface LabelsHandler {
  readonly deployment: string;
  readonly label: DeploymentFact['label'];
  /** Full name of `monitoring.inputs.<deployment>`, and its partitions. */
  readonly inputs: { readonly topic: string; readonly partitions: number };
  /** Epoch ms: labels known before are of events that were never predicted, and stay where they are. */
  readonly knownFrom: number;
}

/** Routes label assertions to the partition of the event that they speak of, where its prediction is. Keeps no state. */
export const onLabels = ({
  deployment,
  label,
  inputs,
  knownFrom,
}: LabelsHandler): Fold<null, Deployments> => {
  const source = TOPICS.observations(label.stream);
  const routed = outputsOf(LabelRouted, { topic: inputs.topic, source });
  return {
    name: `labels-${deployment}`,
    initial: () => null,
    restore: { from: 'none' },
    total: false,
    dropSeen: true,
    process: perRecord((_, record, round) => {
      const time = record.headers.text(HEADERS.time);
      const knownAt = timestampMs(time);
      if (time === undefined || Number.isNaN(knownAt)) throw violation('the label has no ce_time');
      if (knownAt < knownFrom) return;
      const observation = parseObject(record.value, 'label') as Record<string, unknown>;
      const event_id = canonicalKey(observation[label.on]);
      if (event_id === null) return;
      const value = labelValue(observation[label.value], label.value);
      const place = { partition: partitionOf(Buffer.from(event_id), inputs.partitions), key: event_id, time };
      round.emit(
        routed(record, { event_id, known_at: time, value }, { ...place, control: round.controlHeader }),
      );
    }),
  };
};

const labelValue = (value: unknown, field: string): number | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  throw violation(`label field ${field} holds a ${typeof value}; a boolean or number is needed`);
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
