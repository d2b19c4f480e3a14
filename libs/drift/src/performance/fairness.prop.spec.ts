import * as fc from 'fast-check';
import { groupFairness } from './fairness';
import { GroupedDecisions } from './grouped-decisions';
import { failingSlices, sliceMetricsOf } from './slices';

interface Row {
  readonly group: string;
  readonly decision: boolean;
  readonly label: boolean | undefined;
}

const rows = fc.array(
  fc.record({
    group: fc.constantFrom('a', 'b', 'c', ''),
    decision: fc.boolean(),
    label: fc.constantFrom(true, false, undefined),
  }),
  { maxLength: 60 },
);

const observed = (list: readonly Row[]): GroupedDecisions => {
  const grouped = new GroupedDecisions();
  for (const { group, decision, label } of list) grouped.observe(group, decision, label);
  return grouped;
};

const share = (list: readonly Row[], isCounted: (row: Row) => boolean): number | null =>
  list.length === 0 ? null : list.filter(isCounted).length / list.length;

it('groups are apart as their rows say', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const fairness = groupFairness(observed(list).counts());
      const names = [...new Set(list.map(({ group }) => group))];
      const widest = (
        rate: (of: readonly Row[]) => number | null,
        isIn: (row: Row) => boolean,
      ): number | null => {
        const rates = names.flatMap(
          (name) => rate(list.filter((row) => row.group === name && isIn(row))) ?? [],
        );
        return rates.length < 2 ? null : Math.max(...rates) - Math.min(...rates);
      };
      const selected = (of: readonly Row[]): number | null => share(of, ({ decision }) => decision);
      const parity = widest(selected, () => true);
      const opportunity = widest(selected, ({ label }) => label === true);
      const alarms = widest(selected, ({ label }) => label === false);
      const odds = opportunity === null || alarms === null ? null : Math.max(opportunity, alarms);
      const values = [fairness.demographic_parity, fairness.equal_opportunity, fairness.equalised_odds];
      [parity, opportunity, odds].forEach((expected, i) => {
        if (expected === null) expect(values[i]).toBeNull();
        else expect(values[i]!.value).toBeCloseTo(expected, 12);
      });
      const rates = names.flatMap((name) => selected(list.filter(({ group }) => group === name)) ?? []);
      const impact =
        rates.length < 2 || Math.max(...rates) === 0 ? null : Math.min(...rates) / Math.max(...rates);
      if (impact === null) expect(fairness.disparate_impact).toBeNull();
      else expect(fairness.disparate_impact!.value).toBeCloseTo(impact, 12);
    }),
  );
});

it('is the same, to the byte, in any order, merged, through storage and with labels that come later', () => {
  fc.assert(
    fc.property(rows, rows, (a, b) => {
      const merged = GroupedDecisions.fromJSON(JSON.parse(JSON.stringify(observed([...b].reverse()))));
      merged.merge(observed(a));
      expect(JSON.stringify(merged)).toBe(JSON.stringify(observed([...a, ...b])));
      const late = observed(a.map((row) => ({ ...row, label: undefined })));
      for (const { group, decision, label } of a) {
        late.retract(group, decision);
        late.observe(group, decision, label);
      }
      expect(JSON.stringify(late)).toBe(JSON.stringify(observed(a)));
    }),
  );
});

it('names the groups, leaves small ones out, and compares with a reference alone where there is one', () => {
  const of = (group: string, positives: number, negatives: number): Row[] => [
    ...Array.from({ length: positives }, () => ({ group, decision: true, label: undefined })),
    ...Array.from({ length: negatives }, () => ({ group, decision: false, label: undefined })),
  ];
  const counts = observed([...of('a', 5, 5), ...of('b', 9, 1), ...of('c', 1, 9), ...of('d', 2, 0)]).counts();
  const fairness = groupFairness(counts, { minRows: 5 });
  expect(fairness).toMatchObject({
    small: 1,
    demographic_parity: { value: 0.8, between: ['c', 'b'] },
    equal_opportunity: null,
  });
  expect(fairness.disparate_impact!.value).toBeCloseTo(1 / 9, 12);
  expect(groupFairness(counts, { minRows: 5, reference: 'a' }).demographic_parity!.value).toBeCloseTo(
    0.4,
    12,
  );
  expect(groupFairness(counts, { reference: 'nobody' }).demographic_parity).toBeNull();
});

it('slices are judged by their own rows, the furthest beyond a limit first', () => {
  const list: Row[] = [
    ...Array.from({ length: 60 }, (_, i) => ({ group: 'a', decision: i < 30, label: i < 40 })),
    ...Array.from({ length: 60 }, (_, i) => ({ group: 'b', decision: i < 30, label: i >= 20 })),
    ...Array.from({ length: 10 }, () => ({ group: 'c', decision: true, label: false })),
  ];
  const slices = observed(list).counts().map(sliceMetricsOf);
  expect(slices[0]).toEqual({
    value: 'a',
    rows: 60,
    positives: 40,
    accuracy: 50 / 60,
    precision: 1,
    recall: 0.75,
    f1: 60 / 70,
  });
  const measured = slices.map(({ value, rows: size, accuracy }) => ({
    value,
    rows: size,
    measured: accuracy,
  }));
  expect(failingSlices(measured, { min: 0.9 }).map(({ value }) => value)).toEqual(['b', 'a']);
  expect(failingSlices(measured, { min: 0.9, minRows: 5 }).map(({ value }) => value)).toEqual([
    'c',
    'b',
    'a',
  ]);
  expect(failingSlices(measured, { max: 0.5 }).map(({ value }) => value)).toEqual(['a']);
});
