import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const SegmentSealed = defineEvent({
  type: 'platform.segment.sealed',
  version: 1,
  topic: '<service>.segments',
  key: '<topic>/<partition>',
  owner: 'any service',
  meaning:
    'A finished range of one of the service’s partitions lies in the artifact store; it is read from there once the broker has cut it.',
  schema: Type.Object({
    topic: Type.String({ description: 'the topic that was sealed, below the namespace' }),
    partition: Type.Integer(),
    first: Type.Integer({ description: 'first offset of the range' }),
    last: Type.Integer({ description: 'last offset of the range' }),
    count: Type.Integer({ description: 'records in it; offsets without one are named in the manifest' }),
    manifest: Type.String({
      description: 'digest of the manifest, which names the artifact with the records',
    }),
    artifact: Type.String({ description: 'digest of the compressed records' }),
    root: Type.String({ description: 'Merkle root over the records in order' }),
    bytes: Type.Integer({ description: 'of the artifact' }),
    inflatedBytes: Type.Integer(),
    lastAppended: Type.Union([Type.Integer(), Type.Null()], {
      description: 'newest append time in it, ms since 1970; null where it holds no record',
    }),
  }),
  sample: {
    topic: 'ingestion.observations.transactions',
    partition: 0,
    first: 0,
    last: 99999,
    count: 100000,
    manifest: 'a'.repeat(64),
    artifact: 'b'.repeat(64),
    root: 'c'.repeat(64),
    bytes: 5242880,
    inflatedBytes: 52428800,
    lastAppended: 1525132800000,
  },
});
