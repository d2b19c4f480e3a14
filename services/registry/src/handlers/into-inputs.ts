import { EnvelopeTemplate, HEADERS, TOPICS, type EventContract } from '#contracts';
import { checksumOf, perRecord, type Fold, type LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';

export interface IntoInputs {
  readonly name: string;
  /** The topic that is routed, below the namespace. */
  readonly source: string;
  readonly contract: EventContract;
  readonly qualified: (topic: string) => string;
  /** What is said of a record, and its time; undefined where it changes nothing here. */
  readonly report: (
    record: LogRecord,
    reference: string,
  ) => { readonly value: Buffer; readonly time: string } | undefined;
}

/** Takes what another service says into `registry.inputs`, where it gets its place in the order of decisions (law L1). */
export const intoInputs = ({
  name,
  source,
  contract,
  qualified,
  report,
}: IntoInputs): Fold<null, undefined> => {
  const template = new EnvelopeTemplate({ type: contract.type, source });
  return {
    name,
    initial: () => null,
    process: perRecord((_, record, round) => {
      const position = formatPosition(record.partition, record.offset);
      const said = report(record, `${source}:${position}`);
      if (!said) return;
      round.emit({
        topic: qualified(TOPICS.registryInputs),
        partition: 0,
        key: record.key,
        value: said.value,
        headers: template.headers(position, said.time, [HEADERS.sourceCrc, checksumOf(record.value)]),
        source: record.offset,
        k: 0,
      });
    }),
    restore: { from: 'none' },
    total: false,
    dropSeen: true,
  };
};
