import { Rng } from '#kernel';
import { profileColumn, windowOf } from '../profile/column-profile';
import { WindowProfile } from '../profile/window-profile';
import { compareColumn, datasetDrift } from './column-drift';

const sample = (rows: number, seed: number, shift = 0): number[] => {
  const rng = new Rng(seed);
  return Array.from({ length: rows }, () => rng.uniform() + rng.uniform() + shift);
};
const reference = profileColumn(sample(5000, 1));
const windowWith = (values: readonly (number | null)[]) => WindowProfile.of(reference.bins, values);

describe('compareColumn', () => {
  it('sees no drift in the same distribution, and drift in a moved one', () => {
    const same = compareColumn(reference, windowWith(sample(2000, 2)));
    expect(same).toMatchObject({
      drifted: false,
      rule: { statistic: 'psi', threshold: 0.1 },
      rows: { reference: 5000, current: 2000 },
    });
    expect(same.value).toBe(same.psi);
    const moved = compareColumn(reference, windowWith(sample(2000, 2, 0.3)));
    expect(moved.drifted).toBe(true);
    expect(moved.psi).toBeGreaterThan(0.3);
    expect(moved.jensenShannon).toBeGreaterThan(0.1);
  });

  it('judges by the statistic and threshold of the rule', () => {
    const window = windowWith(sample(2000, 2, 0.1));
    const { psi, jensenShannon } = compareColumn(reference, window);
    expect(compareColumn(reference, window, { threshold: psi! })).toMatchObject({
      drifted: true,
      value: psi,
    });
    expect(compareColumn(reference, window, { threshold: psi! + 1e-9 }).drifted).toBe(false);
    expect(compareColumn(reference, window, { statistic: 'jensen_shannon', threshold: 0 })).toMatchObject({
      drifted: true,
      value: jensenShannon,
    });
  });

  it('sees values that the reference did not have', () => {
    const flags = profileColumn([...Array<number>(900).fill(0), ...Array<number>(100).fill(1)]);
    const current = WindowProfile.of(flags.bins, [
      ...Array<number>(900).fill(0),
      ...Array<number>(100).fill(2),
    ]);
    expect(current.counts).toEqual([900, 0, 100]);
    expect(compareColumn(flags, current).drifted).toBe(true);
    expect(compareColumn(reference, windowWith(sample(2000, 2, 100))).drifted).toBe(true);
    expect(compareColumn(reference, windowWith(sample(2000, 2, -100))).drifted).toBe(true);
  });

  it('is zero for the reference itself: empty ends count for nothing', () => {
    expect(compareColumn(reference, WindowProfile.fromJSON(reference.bins, reference))).toMatchObject({
      psi: 0,
      jensenShannon: 0,
      drifted: false,
    });
  });

  it('says how much is missing, and gives no verdict on nothing', () => {
    expect(
      compareColumn(reference, windowWith([...sample(300, 2), ...Array<null>(100).fill(null)])).missing,
    ).toEqual({ reference: 0, current: 0.25 });
    expect(compareColumn(reference, windowWith([null, null]))).toMatchObject({
      value: null,
      drifted: null,
      missing: { current: 1 },
    });
    expect(compareColumn(reference, windowWith(sample(99, 2, 5)), { minRows: 100 }).drifted).toBeNull();
    expect(compareColumn(profileColumn([]), new WindowProfile({ kind: 'values', values: [] }))).toMatchObject(
      { psi: null, drifted: null },
    );
  });

  it('refuses a window counted by the bins of another reference', () => {
    const other = windowOf(profileColumn(sample(5000, 9)));
    expect(() => compareColumn(reference, other)).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_DRIFT_INVALID' }),
    );
  });
});

describe('datasetDrift', () => {
  it('has drifted when half of the judged columns have', () => {
    const columns = [{ drifted: true }, { drifted: false }, { drifted: null }];
    expect(datasetDrift(columns)).toEqual({ columns: 2, drifted: 1, share: 0.5, isDrifted: true });
    expect(datasetDrift(columns, 0.51).isDrifted).toBe(false);
    expect(datasetDrift([{ drifted: null }])).toEqual({
      columns: 0,
      drifted: 0,
      share: null,
      isDrifted: null,
    });
  });
});
