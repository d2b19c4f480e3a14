import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const SnapshotTaken = defineEvent({
  type: 'platform.snapshot.taken',
  version: 1,
  topic: '<service>.snapshots',
  key: '<fold>/<topic>/<partition>',
  owner: 'any service',
  meaning:
    'The state of a fold after an offset lies in the artifact store; it only makes restore quick (law L8).',
  schema: Type.Object({
    fold: Type.String(),
    definition: Type.String({
      description: 'digest of what the state depends on; a snapshot of another one is ignored',
    }),
    topic: Type.String({ description: 'the topic that was folded, below the namespace' }),
    partition: Type.Integer(),
    offset: Type.Integer({ description: 'the next offset to fold' }),
    artifact: Type.String(),
    bytes: Type.Integer(),
    last: Type.Optional(
      Type.Object(
        { offset: Type.Integer(), crc: Type.String({ description: 'checksum of its value' }) },
        {
          description:
            'the last record that was folded; where it no longer has this checksum, the log was rewritten and the snapshot is ignored',
        },
      ),
    ),
  }),
  sample: {
    fold: 'vectors',
    definition: 'a'.repeat(64),
    topic: 'ingestion.observations.transactions',
    partition: 0,
    offset: 4711,
    artifact: 'b'.repeat(64),
    bytes: 81920,
    last: { offset: 4710, crc: '8a9136aa' },
  },
});
