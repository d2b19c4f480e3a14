import {
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import { checksumOf, type NewHeader, type LogRecord, type Output } from '#eventlog';
import { ContractViolation, formatPosition } from '#kernel';
import { INPUT_CONTRACTS, type Input, type InputPosition } from '../domain/inputs';
import { OUTCOME_CONTRACTS, keyOfOutcome, type Outcome } from '../domain/outcomes';

const inputTypes = new Map(
  Object.entries(INPUT_CONTRACTS).map(([type, contract]) => [contract.type, type as Input['type']]),
);

/** A record of `registry.inputs` as an input; throws ContractViolation where it is none. */
export const decodeInput = (record: LogRecord): { readonly input: Input; readonly at: InputPosition } => {
  const envelope = readEnvelope(record.headers);
  const type = inputTypes.get(envelope.type);
  if (!type)
    throw new ContractViolation('PLAYHEAD_ENVELOPE_INVALID', `${envelope.type} is no input of the registry`);
  const value = decodeEvent(INPUT_CONTRACTS[type], record.value);
  return {
    input: { type, value } as Input,
    at: { offset: record.offset, time: new Date(record.timestamp).toISOString() },
  };
};

const templates = new Map(
  Object.values(OUTCOME_CONTRACTS).map(({ contract }) => [
    contract.type,
    new EnvelopeTemplate({ type: contract.type, source: TOPICS.registryInputs }),
  ]),
);

/** The record of each outcome: its id is the position of the input, with `.k` where one input gives several on a topic. */
export const encodeOutcomes = (
  outcomes: readonly Outcome[],
  source: LogRecord,
  qualified: (topic: string) => string,
  controlHeader: NewHeader,
): Output[] => {
  const onTopic = new Map<string, number>();
  const time = new Date(source.timestamp).toISOString();
  const checksum: NewHeader = [HEADERS.sourceCrc, checksumOf(source.value)];
  return outcomes.map((outcome) => {
    const contract: EventContract = OUTCOME_CONTRACTS[outcome.type].contract;
    const k = onTopic.get(contract.topic) ?? 0;
    onTopic.set(contract.topic, k + 1);
    const id = formatPosition(source.partition, source.offset, k);
    return {
      topic: qualified(contract.topic),
      partition: 0,
      key: Buffer.from(keyOfOutcome(outcome)),
      value: encodeEvent(contract, outcome.fact),
      headers: templates.get(contract.type)!.headers(id, time, controlHeader, checksum),
      source: source.offset,
      k,
    };
  });
};
