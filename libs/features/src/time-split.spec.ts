import { splitByTime } from './time-split';

const rows = (...times: number[]): { eventTime: number; id: number }[] =>
  times.map((eventTime, id) => ({ eventTime, id }));
const times = (part: readonly { eventTime: number }[]): number[] => part.map(({ eventTime }) => eventTime);

describe('splitByTime', () => {
  it('holds out the last of event time, removes the gap before it, trains on the rest, in the order of the rows', () => {
    const split = splitByTime(rows(50, 100, 70, 81, 80, 60, 91, 90), { holdout: 10, gap: 10 });
    expect(times(split.train)).toEqual([50, 70, 80, 60]);
    expect(times(split.holdout)).toEqual([100, 91]);
    expect(split).toMatchObject({ removed: 2, trainUntil: 80, holdoutAfter: 90 });
  });

  it('never takes rows of one time apart', () => {
    const split = splitByTime(rows(90, 90, 100, 90, 100), { holdout: 10, gap: 0 });
    expect(times(split.train)).toEqual([90, 90, 90]);
    expect(times(split.holdout)).toEqual([100, 100]);
  });

  it('of nothing is nothing', () => {
    expect(splitByTime([], { holdout: 10, gap: 5 })).toMatchObject({ train: [], holdout: [], removed: 0 });
  });
});
