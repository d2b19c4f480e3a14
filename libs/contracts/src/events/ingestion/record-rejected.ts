import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const RecordRejected = defineEvent({
  type: 'ingestion.record.rejected',
  version: 1,
  topic: 'ingestion.rejections.<stream>',
  key: 'the key of the inbox record, as it was',
  owner: 'ingestion',
  meaning: 'A JSON object of the inbox that is no observation; the code says why, `raw` is what was sent.',
  schema: Type.Object({
    code: Type.String({
      description: 'for example MISSING_FIELD, OUT_OF_RANGE, DUPLICATE, TOO_LATE, TOO_EARLY',
    }),
    message: Type.String(),
    field: Type.Optional(Type.String({ description: 'the field that is to blame, where one is' })),
    raw: Type.String({ description: 'Base64 of the value' }),
    origin: Type.String({ description: 'position in the inbox' }),
  }),
  sample: {
    code: 'OUT_OF_RANGE',
    message: 'amount is -5, the least is 0',
    field: 'amount',
    raw: Buffer.from('{"transaction_id":"tx-1","amount":-5}').toString('base64'),
    origin: '2-18273',
  },
});
