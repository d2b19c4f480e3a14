import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Revision, SAMPLE_SERVICE, Sha } from '../shapes';

export const RevisionWarmed = defineEvent({
  type: 'feature.revision.warmed',
  version: 1,
  topic: 'feature.revisions',
  key: 'service',
  owner: 'feature',
  meaning:
    'On one partition, the state of a revision that vectors do not carry yet stands where the live fold stands. Said again after a restart.',
  schema: Type.Object({
    service: Type.String(),
    revision: Revision,
    digest: Sha('digest of that revision'),
    topic: Type.String({ description: 'the topic that is folded, below the namespace' }),
    partition: Type.Integer({ minimum: 0 }),
    offset: Type.Integer({ minimum: 0, description: 'its state holds all records below' }),
    places: Type.Integer({
      minimum: 1,
      description: 'partitions, over all topics that are folded for the service, that must say so',
    }),
  }),
  sample: {
    service: 'fraud',
    revision: '2',
    digest: SAMPLE_SERVICE.digest,
    topic: 'ingestion.observations.transactions',
    partition: 3,
    offset: 871_204,
    places: 8,
  },
});
