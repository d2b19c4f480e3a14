import { RevisionReported, RevisionWarmed, TOPICS, decodeEvent, encodeEvent } from '#contracts';
import type { Fold } from '#eventlog';
import { intoInputs } from './into-inputs';

/** Routes what feature says about revisions. */
export const onRevision = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'revisions',
    source: TOPICS.revisions,
    contract: RevisionReported,
    qualified,
    report: (record, reference) => ({
      value: encodeEvent(RevisionReported, { reference, fact: decodeEvent(RevisionWarmed, record.value) }),
      time: new Date(record.timestamp).toISOString(),
    }),
  });
