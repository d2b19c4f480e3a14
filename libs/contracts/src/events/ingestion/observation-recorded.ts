import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const ObservationRecorded = defineEvent({
  type: 'ingestion.observation.recorded',
  version: 1,
  topic: 'ingestion.observations.<stream>',
  key: "the event's key in its canonical form",
  owner: 'ingestion',
  meaning:
    "A valid, new event: the stream's fields in declared order; `ce_time` is the event time. Fields of a stream differ, so its definition is the narrower schema.",
  schema: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  sample: {
    transaction_id: 'tx-1',
    event_time: '2018-05-01T10:03:11.000Z',
    customer_id: '4961',
    terminal_id: '3412',
    amount: 77.16,
  },
});
