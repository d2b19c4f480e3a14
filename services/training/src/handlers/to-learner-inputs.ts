import {
  EnvelopeTemplate,
  HEADERS,
  LearnerLabelRouted,
  LearnerVectorRouted,
  TOPICS,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import { checksumOf, perRecord, type Fold, type LogRecord, type Output } from '#eventlog';
import type { LearnerRequest } from '#fit';
import { ContractViolation, canonicalKey, formatPosition } from '#kernel';

/** Appends the vectors of a feature service to `training.inputs.<model>`, byte for byte. Keeps no state. */
export const routeVectors = (service: string, inputs: string): Fold<null, undefined> => {
  const routed = outputsTo(LearnerVectorRouted, TOPICS.vectors(service), inputs);
  return router((record) => routed(record, record.key, record.value));
};

/** Appends the labels of a stream by the event that they speak of. Keeps no state. */
export const routeLabels = (
  { label }: Pick<LearnerRequest, 'label'>,
  inputs: string,
): Fold<null, undefined> => {
  const routed = outputsTo(LearnerLabelRouted, TOPICS.observations(label.stream), inputs);
  return router((record) => {
    const observation = objectOf(record);
    const event_id = canonicalKey(observation[label.on]);
    if (event_id === null) return undefined;
    const value = labelValue(observation[label.value], label.value);
    return routed(record, Buffer.from(event_id), encodeEvent(LearnerLabelRouted, { event_id, value }));
  });
};

const router = (route: (record: LogRecord) => Output | undefined): Fold<null, undefined> => ({
  name: 'learner-router',
  initial: () => null,
  restore: { from: 'none' },
  total: false,
  dropSeen: true,
  process: perRecord((_, record, round) => {
    const output = route(record);
    if (output) round.emit(output);
  }),
});

const outputsTo = (contract: EventContract, source: string, topic: string) => {
  const template = new EnvelopeTemplate({ type: contract.type, source });
  const shared = template.shared();
  return (record: LogRecord, key: Buffer | null, value: Buffer | null): Output => ({
    topic,
    partition: 0,
    key,
    value,
    shared,
    headers: template.own(
      formatPosition(record.partition, record.offset),
      readEnvelope(record.headers).time,
      [HEADERS.sourceCrc, checksumOf(record.value)],
    ),
    source: record.offset,
    sourcePartition: record.partition,
    k: 0,
  });
};

const objectOf = ({ value }: LogRecord): Record<string, unknown> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse((value ?? '').toString());
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the label is not JSON', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the label is not an object');
  return parsed as Record<string, unknown>;
};

const labelValue = (value: unknown, field: string): number | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  throw new ContractViolation(
    'PLAYHEAD_CONTRACT_VIOLATED',
    `label field ${field} holds a ${typeof value}; a boolean or number is needed`,
  );
};
