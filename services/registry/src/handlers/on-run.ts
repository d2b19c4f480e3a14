import {
  EnvelopeTemplate,
  HEADERS,
  RunReported,
  TOPICS,
  TrainingRunRequested,
  encodeEvent,
  readEnvelope,
} from '#contracts';
import { checksumOf, perRecord, type Fold } from '#eventlog';
import { ContractViolation, formatPosition } from '#kernel';

const template = new EnvelopeTemplate({ type: RunReported.type, source: TOPICS.runs });

/** Takes what training says about its runs into `registry.inputs`, where it gets its place in the order of decisions (law L1). */
export const onRun = (qualified: (topic: string) => string): Fold<null, undefined> => ({
  name: 'runs',
  initial: () => null,
  process: perRecord((_, record, round) => {
    const { type, time } = readEnvelope(record.headers);
    // That a run waits for its data set changes nothing here.
    if (type === TrainingRunRequested.type) return;
    const position = formatPosition(record.partition, record.offset);
    const value = encodeEvent(RunReported, {
      reference: `${TOPICS.runs}:${position}`,
      type,
      fact: parse(record.value),
    } as never);
    round.emit({
      topic: qualified(TOPICS.registryInputs),
      partition: 0,
      key: record.key,
      value,
      headers: template.headers(position, time, [HEADERS.sourceCrc, checksumOf(record.value)]),
      source: record.offset,
      k: 0,
    });
  }),
  restore: { from: 'none' },
  total: false,
  dropSeen: true,
});

const parse = (value: Buffer | null): unknown => {
  try {
    return JSON.parse(value?.toString('utf8') ?? 'null') as unknown;
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'a fact about a run is not JSON', { cause });
  }
};
