import { WARM_UP_SHARE, countBetween, rateAfter } from './rate';

/** One hop: ten events a second at first, then a hundred. */
const OUTPUTS = [0, 100, 200, 300, ...Array.from({ length: 12 }, (_, i) => 400 + i * 10)];

describe('rateAfter', () => {
  it('counts everything from the first append on', () => {
    expect(rateAfter(0, 16, OUTPUTS, 510)).toEqual({ events: 16, seconds: 0.51, eventsPerSecond: 16 / 0.51 });
  });

  it('leaves the first quarter of the events out, and the time that they took', () => {
    expect(rateAfter(WARM_UP_SHARE, 16, OUTPUTS, 510)).toEqual({
      events: 12,
      seconds: 0.11,
      eventsPerSecond: 12 / 0.11,
    });
  });

  it('gives a long road no head start: time runs from its first hop, though its last one has put out nothing yet', () => {
    const firstHop = OUTPUTS.map((time) => time / 10);
    expect(rateAfter(WARM_UP_SHARE, 16, firstHop, 510).seconds).toBe((510 - 40) / 1_000);
  });

  it('stays a number where all came at one moment', () => {
    expect(rateAfter(WARM_UP_SHARE, 1, [5], 5)).toEqual({
      events: 1,
      seconds: 0.001,
      eventsPerSecond: 1_000,
    });
  });
});

it('counts what was appended between two moments', () => {
  expect(countBetween([1, 2, 2, 3, 4], 1, 3)).toBe(3);
  expect(countBetween([], 1, 3)).toBe(0);
});
