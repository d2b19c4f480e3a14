import {
  EnvelopeTemplate,
  HEADERS,
  LineageReported,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import { checksumOf, type NewHeader, type LogRecord, type Output } from '#eventlog';
import { ContractViolation, formatPosition } from '#kernel';
import type { RunEvent } from '../domain/lineage/run-event';
import { INPUT_CONTRACTS, type Input, type InputPosition } from '../domain/inputs';
import { OUTCOME_CONTRACTS, keyOfOutcome, placesOf, type Outcome } from '../domain/outcomes';

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
  [...Object.values(OUTCOME_CONTRACTS).map(({ contract }) => contract), LineageReported].map(({ type }) => [
    type,
    new EnvelopeTemplate({ type, source: TOPICS.registryInputs }),
  ]),
);

/** The record of each outcome: its id is the position of the input, with `.k` where one input gives several on a topic. */
export const encodeOutcomes = (
  outcomes: readonly Outcome[],
  source: LogRecord,
  qualified: (topic: string) => string,
  controlHeader: NewHeader,
): Output[] =>
  encodeFacts(
    outcomes.map((outcome) => ({
      contract: OUTCOME_CONTRACTS[outcome.type].contract,
      key: keyOfOutcome(outcome),
      fact: outcome.fact,
    })),
    source,
    qualified,
    controlHeader,
  );

export const encodeLineage = (
  events: readonly RunEvent[],
  source: LogRecord,
  qualified: (topic: string) => string,
  controlHeader: NewHeader,
): Output[] =>
  encodeFacts(
    events.map((fact) => ({ contract: LineageReported, key: fact.job.name, fact })),
    source,
    qualified,
    controlHeader,
  );

interface KeyedFact {
  readonly contract: EventContract;
  readonly key: string;
  readonly fact: object;
}

const encodeFacts = (
  facts: readonly KeyedFact[],
  source: LogRecord,
  qualified: (topic: string) => string,
  controlHeader: NewHeader,
): Output[] => {
  const time = new Date(source.timestamp).toISOString();
  const checksum: NewHeader = [HEADERS.sourceCrc, checksumOf(source.value)];
  const places = placesOf(facts.map(({ contract }) => contract));
  return facts.map(({ contract, key, fact }, index) => {
    const k = places[index]!;
    const id = formatPosition(source.partition, source.offset, k);
    return {
      topic: qualified(contract.topic),
      partition: 0,
      key: Buffer.from(key),
      value: encodeEvent(contract, fact),
      headers: templates.get(contract.type)!.headers(id, time, controlHeader, checksum),
      source: source.offset,
      k,
    };
  });
};
