import fc from 'fast-check';
import { compileSplit, type Side, type SplitRow, type SplitRule } from './split';

const at = (eventTime: number): SplitRow => ({ eventTime, entity: 'e', eventId: String(eventTime) });
const timesOn = (side: Side, rule: SplitRule, times: readonly number[]): number[] => {
  const sideOf = compileSplit(rule, Math.max(...times));
  return times.filter((time) => sideOf(at(time)) === side);
};

describe('a split by time', () => {
  const rule: SplitRule = { by: 'time', holdoutMs: 10, gapMs: 10 };

  it('holds out the last of event time, removes the gap before it, trains on the rest', () => {
    const times = [50, 100, 70, 81, 80, 60, 91, 90];
    expect(timesOn('train', rule, times)).toEqual([50, 70, 80, 60]);
    expect(timesOn('removed', rule, times)).toEqual([81, 90]);
    expect(timesOn('holdout', rule, times)).toEqual([100, 91]);
  });

  it('never takes rows of one time apart', () => {
    expect(timesOn('train', { ...rule, gapMs: 0 }, [90, 90, 100, 90, 100])).toEqual([90, 90, 90]);
  });

  it('trains on nothing that is younger than the gap before the oldest row that judges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000), { minLength: 1 }),
        fc.nat(500),
        fc.nat(500),
        (times, holdoutMs, gapMs) => {
          const wide: SplitRule = { by: 'time', holdoutMs, gapMs };
          const [train, holdout] = [timesOn('train', wide, times), timesOn('holdout', wide, times)];
          for (const time of train) expect(time + gapMs).toBeLessThan(Math.min(Infinity, ...holdout));
        },
      ),
    );
  });
});

describe('a history', () => {
  it.each<SplitRule>([
    { by: 'time', holdoutMs: 10, gapMs: 5 },
    { by: 'random', holdout: 0.5, seed: 3 },
    { by: 'entity', holdout: 0.5, seed: 3 },
  ])('leaves out what is older and nothing else: $by', (rule) => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { minLength: 1 }),
        fc.integer({ min: 1, max: 300 }),
        (times, historyMs) => {
          const newest = Math.max(...times);
          const [all, recent] = [compileSplit(rule, newest), compileSplit({ ...rule, historyMs }, newest)];
          for (const time of times)
            expect(recent(at(time))).toBe(time > newest - historyMs ? all(at(time)) : 'removed');
        },
      ),
    );
  });
});

const rows = fc.array(
  fc.record({ eventTime: fc.nat(), entity: fc.string(), eventId: fc.string() }),
  { maxLength: 50 }, // prettier-ignore
);
const seeds = fc.nat(4_294_967_295);

describe('a split by entity', () => {
  it('has no entity on both sides, whatever else is in the data set', () => {
    fc.assert(
      fc.property(rows, rows, seeds, (some, others, seed) => {
        const sideOf = compileSplit({ by: 'entity', holdout: 0.5, seed }, 0);
        const later = compileSplit({ by: 'entity', holdout: 0.5, seed }, 1e9);
        const sides = new Map(some.map((row) => [row.entity, sideOf(row)]));
        for (const row of [...others, ...some]) {
          const side = sides.get(row.entity);
          if (side !== undefined) expect(later(row)).toBe(side);
        }
      }),
    );
  });
});

describe.each(['entity', 'random'] as const)('a split by %s', (by) => {
  const many = Array.from({ length: 20_000 }, (_, n) => ({
    eventTime: n,
    entity: `C${n}`,
    eventId: `tx-${n}`,
  }));

  it.each([0.05, 0.2, 0.5, 0.9])('holds out a share of about %d', (holdout) => {
    const sideOf = compileSplit({ by, holdout, seed: 7 }, 0);
    const share = many.filter((row) => sideOf(row) === 'holdout').length / many.length;
    // Five standard deviations of a binomial share.
    expect(Math.abs(share - holdout)).toBeLessThan(5 * Math.sqrt((holdout * (1 - holdout)) / many.length));
  });

  it('draws anew for another seed, and a larger share only adds', () => {
    const side = (seed: number, holdout: number) => compileSplit({ by, holdout, seed }, 0);
    const both = many.filter((row) => side(1, 0.5)(row) === 'holdout' && side(2, 0.5)(row) === 'holdout');
    expect(both.length / many.length).toBeCloseTo(0.25, 1);
    for (const row of many) if (side(1, 0.2)(row) === 'holdout') expect(side(1, 0.3)(row)).toBe('holdout');
  });
});
