import { EnvelopeTemplate, HEADERS, PartComputed, PartFailed } from '#contracts';
import { checksumOf, type LogRecord, type Output, type WhyGivenUp } from '#eventlog';
import { ContractViolation, formatPosition, jsonString, tryParsePosition, type Position } from '#kernel';

/** One stage's answer to a trigger. */
export interface Part {
  readonly trigger: Position;
  readonly stage: string;
  /** By service revision; undefined where the stage set the trigger aside. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>> | undefined;
  /** Why it was set aside. */
  readonly failure?: { readonly code: string; readonly reason: string };
}

/** The value of a part; values are canonical JSON by revision. */
export const renderPart = (
  trigger: string,
  stage: string,
  values: readonly (readonly [revision: string, text: string])[],
): string => {
  const texts = values.map(([revision, text]) => `"${revision}":${text}`);
  return `{"trigger":"${trigger}","stage":${jsonString(stage)},"values":{${texts.join(',')}}}`;
};

/** Reads a record of `feature.parts.<service>`. Throws ContractViolation for one that is none. */
export const readPart = ({ value, headers }: LogRecord): Part => {
  let read: Partial<Record<'trigger' | 'stage' | 'code' | 'reason', string>> & Pick<Part, 'values'>;
  try {
    read = JSON.parse((value ?? '').toString()) as typeof read;
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the part is not JSON', { cause });
  }
  const trigger = tryParsePosition(read.trigger ?? '');
  const { stage, values, code, reason } = read;
  const isFailure = headers.text(HEADERS.type) === PartFailed.type;
  if (!trigger || stage === undefined || isFailure === (typeof values === 'object'))
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the record is no part of a vector');
  if (!isFailure) return { trigger, stage, values };
  return { trigger, stage, values: undefined, failure: { code: code ?? 'UNKNOWN', reason: reason ?? '' } };
};

export interface PartsTarget {
  /** What is folded, below the namespace. */
  readonly source: string;
  readonly stage: string;
  /** `feature.parts.<service>` in full. */
  readonly parts: string;
}

/** What tells the gatherer that a stage will never answer this trigger. */
export const failedParts = ({ source, stage, parts }: PartsTarget) => {
  const template = new EnvelopeTemplate({ type: PartFailed.type, source });
  return (
    record: LogRecord,
    trigger: Pick<Position, 'partition' | 'offset'>,
    { code, reason, controlHeader }: WhyGivenUp,
  ): Output => ({
    topic: parts,
    partition: trigger.partition,
    key: record.key,
    value: JSON.stringify({
      trigger: formatPosition(trigger.partition, trigger.offset),
      stage,
      code,
      reason: reason.slice(0, 2_000),
    }),
    shared: template.shared(controlHeader),
    headers: template.own(
      formatPosition(record.partition, record.offset),
      record.headers.text(HEADERS.time) ?? '',
      [HEADERS.sourceCrc, checksumOf(record.value)],
    ),
    source: record.offset,
    sourcePartition: record.partition,
    k: 0,
  });
};

/** Headers of computed parts. */
export const partTemplate = (source: string): EnvelopeTemplate =>
  new EnvelopeTemplate({ type: PartComputed.type, source });
