import { HEADERS } from '#contracts';
import { HeaderList, type LogRecord } from '#eventlog';
import { sideBySide } from './each-record';

const record = (partition: number, offset: number, time: string): LogRecord => ({
  topic: 't',
  partition,
  offset,
  timestamp: 0,
  key: null,
  value: null,
  headers: new HeaderList([[HEADERS.time, Buffer.from(time)]]),
});

it('folds partitions side by side by event time, each in its own order', () => {
  const slices = [
    {
      partition: 0,
      state: 'a',
      records: [record(0, 5, '2018-05-01'), record(0, 6, '2018-05-04'), record(0, 7, '2018-05-02')],
    },
    { partition: 1, state: 'b', records: [record(1, 1, '2018-05-02'), record(1, 2, '2018-05-03')] },
    { partition: 2, state: 'c', records: [] },
  ];
  expect([...sideBySide(slices)].map(({ state, record: { offset } }) => `${state}${offset}`)).toEqual([
    'a5',
    'b1',
    'b2',
    'a6',
    'a7',
  ]);
});
