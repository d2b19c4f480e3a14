import fc from 'fast-check';
import { timestampMs } from './timestamp';

describe('timestampMs', () => {
  it('reads every canonical timestamp as Date does', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1600, 0, 1), max: Date.UTC(9999, 11, 31) }), (ms) => {
        expect(timestampMs(new Date(ms).toISOString())).toBe(ms);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the edges of months', () => {
    expect(timestampMs('2000-02-29T00:00:00.000Z')).toBe(Date.UTC(2000, 1, 29));
    expect(timestampMs('1900-02-29T00:00:00.000Z')).toBeNaN();
    expect(timestampMs('2018-04-31T00:00:00.000Z')).toBeNaN();
    expect(timestampMs('2018-04-30T24:00:00.000Z')).toBeNaN();
    expect(timestampMs('0000-03-01T00:00:00.000Z')).toBe(Date.parse('0000-03-01T00:00:00.000Z'));
  });

  it('takes other RFC 3339 forms, epochs and dates, and nothing else', () => {
    expect(timestampMs('2018-05-01T12:00:00+02:00')).toBe(Date.UTC(2018, 4, 1, 10));
    expect(timestampMs('2018-05-01T10:00:00Z')).toBe(Date.UTC(2018, 4, 1, 10));
    expect(timestampMs('2018-05-01T10:00:00.1239Z')).toBe(Date.UTC(2018, 4, 1, 10, 0, 0, 123));
    expect(timestampMs('2018-05-01T05:30:00.5-04:30')).toBe(Date.UTC(2018, 4, 1, 10, 0, 0, 500));
    expect(timestampMs('2018-02-30T10:00:00Z')).toBeNaN();
    expect(timestampMs(1525168800000)).toBe(1525168800000);
    expect(timestampMs(new Date(5))).toBe(5);
    for (const other of [
      '2018-05-01 10:00:00',
      '2018-05-01',
      'May 1',
      '2018-05-01T10:00:00',
      null,
      undefined,
      true,
      1.5,
      {},
    ]) {
      expect(timestampMs(other)).toBeNaN();
    }
  });
});
