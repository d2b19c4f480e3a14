import fc from 'fast-check';
import { LabelBook, LabelJoin } from './label-join';

interface Assertion {
  readonly eventId: string;
  readonly value: number | null;
  readonly knownAt: number;
  readonly partition: number;
  readonly offset: number;
}

const assertion = (
  eventId: string,
  value: number | null,
  offset: number,
  knownAt = offset,
  partition = 0,
): Assertion => ({ eventId, value, knownAt, partition, offset });

const bookOf = (assertions: readonly Assertion[]): LabelBook => {
  const book = new LabelBook();
  for (const { eventId, value, knownAt, partition, offset } of assertions)
    book.add(eventId, value, knownAt, partition, offset);
  return book;
};

const join = (
  rows: readonly (readonly [id: string, time: number])[],
  assertions: readonly Assertion[],
  matureUntil = Infinity,
  keeps = false,
): LabelJoin => {
  const joined = new LabelJoin(bookOf(assertions), matureUntil, keeps);
  rows.forEach(([id, time], row) => joined.add(row, id, time));
  return joined;
};

describe('a join with labels', () => {
  it('takes the latest assertion by position, and says where it stands', () => {
    const joined = join(
      [['b', 1], ['a', 1]], // prettier-ignore
      [assertion('a', 0, 0), assertion('a', 1, 5), assertion('b', 1, 2)],
    );
    expect(joined).toMatchObject({ rows: [0, 1], labels: [1, 1], labelOffsets: [2, 5], corrected: 1 });
  });

  it('leaves out and counts what is not mature, has no label, or a withdrawn one', () => {
    const assertions = [
      assertion('old', 1, 0),
      assertion('edge', 1, 1),
      assertion('new', 1, 2),
      assertion('gone', 1, 3),
      assertion('gone', null, 4),
    ];
    const rows = [['old', 10], ['edge', 30], ['new', 31], ['gone', 5], ['none', 6]] as const; // prettier-ignore
    expect(join(rows, assertions, 30)).toMatchObject({
      rows: [0, 1],
      immature: 1,
      unlabelled: 2,
      withdrawn: 1,
      corrected: 0,
    });
  });

  it('takes the one known last where several partitions speak of an event', () => {
    const assertions = [
      assertion('a', 0, 7, 50, 1),
      assertion('a', 1, 3, 60, 0),
      assertion('a', 0, 1, 55, 0),
    ];
    expect(bookOf(assertions).of('a')).toEqual({
      value: 1,
      knownAt: 60,
      partition: 0,
      offset: 3,
      assertions: 3,
    });
    const tie = [assertion('a', 0, 7, 60, 1), assertion('a', 1, 3, 60, 0)];
    expect(bookOf(tie).of('a')).toMatchObject({ partition: 1, offset: 7 });
  });

  it('is what looking for each row gives, in whatever order assertions and partitions are read', () => {
    const assertionsOf = fc
      .array(
        fc.record({
          eventId: fc.constantFrom('a', 'b', 'c', 'd'),
          value: fc.option(fc.constantFrom(0, 1)),
          knownAt: fc.nat(20),
          partition: fc.nat(2),
        }),
        { maxLength: 25 },
      )
      .map((all) => all.map((each, offset): Assertion => ({ ...each, offset })));
    const scenario = assertionsOf.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const rowsOf = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'x'), fc.nat(100)));
    fc.assert(
      fc.property(rowsOf, scenario, fc.nat(100), (rows, [all, shuffled], matureUntil) => {
        const latest = (id: string): Assertion | undefined =>
          [0, 1, 2]
            .map((partition) => all.findLast((each) => each.eventId === id && each.partition === partition))
            .filter((each) => each !== undefined)
            .reduce<Assertion | undefined>(
              (best, each) => (best && best.knownAt > each.knownAt ? best : each),
              undefined,
            );
        const expected = rows
          .map(([id, time], row) => ({ row, time, found: latest(id) }))
          .filter(({ time }) => time <= matureUntil);
        const labelled = expected.filter(({ found }) => typeof found?.value === 'number');
        const joined = join(rows, shuffled, matureUntil);
        expect(joined.rows).toEqual(labelled.map(({ row }) => row));
        expect(joined.labels).toEqual(labelled.map(({ found }) => found!.value));
        expect(joined.labelPartitions).toEqual(labelled.map(({ found }) => found!.partition));
        expect(joined.labelOffsets).toEqual(labelled.map(({ found }) => found!.offset));
        expect(joined.unlabelled).toBe(expected.length - labelled.length);
        expect(joined.withdrawn).toBe(expected.filter(({ found }) => found?.value === null).length);
        expect(joined.rows.length + joined.immature + joined.unlabelled).toBe(rows.length);

        const kept = join(rows, shuffled, matureUntil, true);
        const labelOf = new Map(labelled.map(({ row, found }) => [row, found!.value!]));
        expect(kept.rows).toEqual(rows.map((_, row) => row));
        expect(kept.labels).toEqual(rows.map((_, row) => labelOf.get(row) ?? NaN));
        expect([kept.immature, kept.unlabelled]).toEqual([joined.immature, joined.unlabelled]);
      }),
    );
  });
});
