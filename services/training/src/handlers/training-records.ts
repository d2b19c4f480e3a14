import {
  CancellationRequested,
  DatasetBuilt,
  DatasetFailed,
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  TrainingInputCancellationRequested,
  TrainingInputDatasetReported,
  TrainingInputFitReported,
  TrainingInputLearnerCut,
  TrainingInputRequested,
  TrainingInputTrialReported,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunRequested,
  TrainingRunStarted,
  TrainingTrialCompleted,
  TrainingTrialFailed,
  TrainingTrialStarted,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import { checksumOf, type LogRecord, type Output } from '#eventlog';
import { ContractViolation, formatPosition } from '#kernel';
import type { RunFact, TrainingInput } from '../domain/training-run';

/** A record of `training.inputs`; throws ContractViolation where it is none. */
export const decodeInput = (record: LogRecord): TrainingInput => {
  const { type } = readEnvelope(record.headers);
  switch (type) {
    case TrainingInputRequested.type:
      return { type: 'requested', fact: decodeEvent(TrainingInputRequested, record.value).fact };
    case TrainingInputCancellationRequested.type:
      return {
        type: 'cancellation-requested',
        fact: decodeEvent(TrainingInputCancellationRequested, record.value).fact,
      };
    case TrainingInputDatasetReported.type: {
      const report = decodeEvent(TrainingInputDatasetReported, record.value);
      return report.type === 'feature.dataset.built'
        ? { type: 'dataset-built', fact: report.fact }
        : { type: 'dataset-failed', fact: report.fact };
    }
    case TrainingInputLearnerCut.type: {
      const cut = decodeEvent(TrainingInputLearnerCut, record.value);
      if (cut.outcome === 'cut') return { type: 'dataset-built', fact: cut.fact };
      const { run, model, code, message } = cut;
      return { type: 'dataset-failed', fact: { run, model, code, message } };
    }
    case TrainingInputTrialReported.type:
      return { type: 'trial-reported', fact: decodeEvent(TrainingInputTrialReported, record.value) };
    case TrainingInputFitReported.type:
      return { type: 'fit-reported', fact: decodeEvent(TrainingInputFitReported, record.value) };
    default:
      throw new ContractViolation('PLAYHEAD_ENVELOPE_INVALID', `${type} is no input of training`);
  }
};

/** Contract of each fact about a run. */
export const RUN_CONTRACTS = {
  requested: TrainingRunRequested,
  started: TrainingRunStarted,
  'trial-started': TrainingTrialStarted,
  'trial-completed': TrainingTrialCompleted,
  'trial-failed': TrainingTrialFailed,
  completed: TrainingRunCompleted,
  failed: TrainingRunFailed,
  cancelled: TrainingRunCancelled,
  rejected: TrainingRunRejected,
} as const satisfies Record<RunFact['type'], EventContract>;

const typesOfFacts = new Map<string, RunFact['type']>(
  Object.entries(RUN_CONTRACTS).map(([type, contract]) => [contract.type, type as RunFact['type']]),
);

/** A record of `training.runs`; undefined where its type is none of ours. */
export const decodeRunFact = (record: LogRecord): RunFact | undefined => {
  const type = typesOfFacts.get(readEnvelope(record.headers).type);
  return type && ({ type, fact: decodeEvent(RUN_CONTRACTS[type] as EventContract, record.value) } as RunFact);
};

/** The record of a fact: its id is the position of the input, with `.k` where one input gives several. */
export const encodeRunFact = (
  { type, fact }: RunFact,
  k: number,
  source: LogRecord,
  topic: string,
): Output => {
  const contract: EventContract = RUN_CONTRACTS[type];
  return derived(contract, fact, source, {
    topic,
    from: TOPICS.trainingInputs,
    key: fact.run,
    time: new Date(source.timestamp).toISOString(),
    k,
  });
};

/** A fact of the registry or of feature as an input, or undefined where it says nothing to training. */
export const encodeRouted = (record: LogRecord, from: string, topic: string): Output | undefined => {
  const { type, time } = readEnvelope(record.headers);
  const reference = `${from}:${formatPosition(record.partition, record.offset)}`;
  const routed = <F extends { readonly run: string }>(
    contract: EventContract,
    fact: F,
    value: object,
  ): Output =>
    derived(contract, { reference, ...value, fact }, record, { topic, from, key: fact.run, time, k: 0 });
  switch (type) {
    case TrainingRequested.type:
      return routed(TrainingInputRequested, decodeEvent(TrainingRequested, record.value), {});
    case CancellationRequested.type:
      return routed(TrainingInputCancellationRequested, decodeEvent(CancellationRequested, record.value), {});
    case DatasetBuilt.type:
      return routed(TrainingInputDatasetReported, decodeEvent(DatasetBuilt, record.value), { type });
    case DatasetFailed.type:
      return routed(TrainingInputDatasetReported, decodeEvent(DatasetFailed, record.value), { type });
    default:
      return undefined;
  }
};

interface Place {
  readonly topic: string;
  /** Source topic, below the namespace. */
  readonly from: string;
  readonly key: string;
  readonly time: string;
  readonly k: number;
}

const derived = (
  contract: EventContract,
  value: unknown,
  source: LogRecord,
  { topic, from, key, time, k }: Place,
): Output => {
  const id = formatPosition(source.partition, source.offset, k);
  const template = new EnvelopeTemplate({ type: contract.type, source: from });
  return {
    topic,
    partition: 0,
    key: Buffer.from(key),
    value: encodeEvent(contract, value),
    headers: template.headers(id, time, [HEADERS.sourceCrc, checksumOf(source.value)]),
    source: source.offset,
    k,
  };
};
