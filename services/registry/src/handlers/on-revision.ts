import {
  EnvelopeTemplate,
  HEADERS,
  RevisionReported,
  RevisionWarmed,
  TOPICS,
  decodeEvent,
  encodeEvent,
} from '#contracts';
import { checksumOf, perRecord, type Fold } from '#eventlog';
import { formatPosition } from '#kernel';

const template = new EnvelopeTemplate({ type: RevisionReported.type, source: TOPICS.revisions });

/** Takes what feature says about revisions into `registry.inputs`, where it gets its place in the order of decisions (law L1). */
export const onRevision = (qualified: (topic: string) => string): Fold<null, undefined> => ({
  name: 'revisions',
  initial: () => null,
  process: perRecord((_, record, round) => {
    const position = formatPosition(record.partition, record.offset);
    const value = encodeEvent(RevisionReported, {
      reference: `${TOPICS.revisions}:${position}`,
      fact: decodeEvent(RevisionWarmed, record.value),
    });
    const time = new Date(record.timestamp).toISOString();
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
