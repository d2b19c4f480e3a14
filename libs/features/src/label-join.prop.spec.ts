import fc from 'fast-check';
import { joinLabels, type FeatureRow, type LabelAssertion } from './label-join';

const row = (eventId: string, eventTime: number): FeatureRow => ({ eventId, eventTime, values: [eventTime] });
const label = (
  eventId: string,
  value: number | null,
  offset: number,
  knownAt = offset,
  partition = 0,
): LabelAssertion => ({
  eventId,
  value,
  knownAt,
  partition,
  offset,
});

describe('joinLabels', () => {
  it('takes the latest assertion by position that is known by the cut', () => {
    const labels = [label('a', 0, 0), label('a', 1, 5), label('a', 0, 9), label('b', 1, 2)];
    const { rows } = joinLabels([row('b', 1), row('a', 1)], labels, { time: 100, endOffsets: [9] }, 0);
    expect(rows).toEqual([
      { ...row('b', 1), label: 1, labelPosition: { partition: 0, offset: 2 } },
      { ...row('a', 1), label: 1, labelPosition: { partition: 0, offset: 5 } },
    ]);
  });

  it('leaves out and counts what is not mature, has no label, or a withdrawn one', () => {
    const labels = [
      label('old', 1, 0),
      label('edge', 1, 1),
      label('new', 1, 2),
      label('gone', 1, 3),
      label('gone', null, 4),
    ];
    const rows = [row('old', 10), row('edge', 30), row('new', 31), row('gone', 5), row('none', 6)];
    const joined = joinLabels(rows, labels, { time: 100 }, 70);
    expect(joined.rows.map(({ eventId }) => eventId)).toEqual(['old', 'edge']);
    expect(joined).toMatchObject({ immature: 1, unlabelled: 2 });
  });

  it('without offsets takes the labels known at the time of the cut', () => {
    const labels = [label('a', 0, 0, 50), label('a', 1, 1, 51)];
    expect(joinLabels([row('a', 1)], labels, { time: 50 }, 0).rows[0]!.label).toBe(0);
    expect(joinLabels([row('a', 1)], labels, { time: 51 }, 0).rows[0]!.label).toBe(1);
  });

  it('takes the one known last where several partitions speak of an event', () => {
    const labels = [label('a', 0, 7, 50, 1), label('a', 1, 3, 60, 0), label('a', 0, 1, 55, 0)];
    expect(joinLabels([row('a', 1)], labels, { time: 99 }, 0).rows[0]!.labelPosition).toEqual({
      partition: 0,
      offset: 3,
    });
    const tie = [label('a', 0, 7, 60, 1), label('a', 1, 3, 60, 0)];
    expect(joinLabels([row('a', 1)], tie, { time: 99 }, 0).rows[0]!.labelPosition).toEqual({
      partition: 1,
      offset: 7,
    });
  });

  it('is what looking for each row gives, in whatever order the labels are read', () => {
    const labelsOf = fc.array(
      fc.record({
        eventId: fc.constantFrom('a', 'b', 'c', 'd'),
        value: fc.option(fc.constantFrom(0, 1)),
        knownAt: fc.nat(50),
      }),
      { maxLength: 20 },
    );
    const scenario = labelsOf
      .map((labels) => labels.map((each, offset): LabelAssertion => ({ ...each, offset, partition: 0 })))
      .chain((labels) =>
        fc.tuple(fc.constant(labels), fc.shuffledSubarray(labels, { minLength: labels.length })),
      );
    const rowsOf = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'x'), fc.nat(100)).map(([id, time]) => row(id, time)),
    );
    fc.assert(
      fc.property(rowsOf, scenario, fc.nat(20), fc.nat(100), (rows, [labels, shuffled], end, maturity) => {
        const cut = { time: 100, endOffsets: [end] };
        const expected = rows
          .filter(({ eventTime }) => eventTime <= 100 - maturity)
          .map((each) => ({
            each,
            found: labels.findLast(({ eventId, offset }) => eventId === each.eventId && offset < end),
          }))
          .filter(({ found }) => found !== undefined && found.value !== null)
          .map(({ each, found }) => ({
            ...each,
            label: found!.value,
            labelPosition: { partition: 0, offset: found!.offset },
          }));
        const joined = joinLabels(rows, shuffled, cut, maturity);
        expect(joined.rows).toEqual(expected);
        expect(joined.rows.length + joined.immature + joined.unlabelled).toBe(rows.length);
      }),
    );
  });
});
