import { countBetween, rateOf } from './rate';

describe('rateOf', () => {
  it('runs from the first append to the last', () => {
    expect(rateOf(16, 0, 510)).toEqual({ events: 16, seconds: 0.51, eventsPerSecond: 16 / 0.51 });
  });

  it('stays a number where all came at one moment', () => {
    expect(rateOf(1, 5, 5)).toEqual({ events: 1, seconds: 0.001, eventsPerSecond: 1_000 });
  });
});

it('counts what was appended between two moments', () => {
  expect(countBetween([1, 2, 2, 3, 4], 1, 3)).toBe(3);
  expect(countBetween([], 1, 3)).toBe(0);
});
