import { EXPLORE, bestOf, chanceToShow, shown } from './policy';
import { ITEMS, visitsOf } from './shop';

const DAY_MS = 86_400_000;
const options = { seed: 3, users: 50, visitsPerDay: 400, days: 6, start: Date.UTC(2026, 2, 1), driftDay: 4 };

describe('the shop', () => {
  const visits = visitsOf(options);
  const driftAt = options.start + options.driftDay * DAY_MS;
  const meanChance = (item: number, isAfter: boolean): number => {
    const some = visits.filter(({ time }) => time >= driftAt === isAfter);
    return some.reduce((sum, { chances }) => sum + chances[item]!, 0) / some.length;
  };

  it('has the same visits for the same seed, in time order', () => {
    expect(visitsOf(options)).toEqual(visits);
    expect(visitsOf({ ...options, seed: 4 })).not.toEqual(visits);
    expect(visits.map(({ time }) => time)).toEqual(visits.map(({ time }) => time).sort((a, b) => a - b));
  });

  it('changes the appeal of three items on the day that was said, and of no other', () => {
    const ratio = ITEMS.map((_, item) => meanChance(item, true) / meanChance(item, false));
    expect(ratio[0]).toBeCloseTo(1, 0);
    expect(ratio[1]).toBeCloseTo(1, 0);
    expect(ratio[2]).toBeLessThan(0.4);
    expect(ratio[3]).toBeLessThan(0.4);
    expect(ratio[4]).toBeGreaterThan(3);
  });
});

describe('the policy', () => {
  const scores = [0.2, 0.5, 0.1, 0.4];

  it('shows each item as often as it says', () => {
    const draws = 40_000;
    const counts = scores.map(() => 0);
    for (let i = 0; i < draws; i++) counts[shown(scores, (i + 0.5) / draws)]!++;
    counts.forEach((count, item) => expect(count / draws).toBeCloseTo(chanceToShow(item, scores), 3));
    expect(scores.reduce((sum, _, item) => sum + chanceToShow(item, scores), 0)).toBeCloseTo(1, 12);
  });

  it('prefers the best, the first of equals', () => {
    expect(bestOf(scores)).toBe(1);
    expect(bestOf([0.3, 0.3])).toBe(0);
    expect(chanceToShow(1, scores)).toBeCloseTo(1 - EXPLORE + EXPLORE / 4, 12);
  });
});
