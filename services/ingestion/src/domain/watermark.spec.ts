import { NO_WATERMARK, advance } from './watermark';

const JUMP = 100;
const after = (...times: number[]): number =>
  times.reduce((watermark, time) => advance(watermark, time, JUMP), NO_WATERMARK).at;

it('is the latest event time', () => {
  expect(after()).toBe(-Infinity);
  expect(after(50)).toBe(50);
  expect(after(50, 20, 150, 149)).toBe(150);
});

it('does not follow one event that is far ahead', () => {
  expect(after(50, 10_000, 60, 70)).toBe(70);
});

it('follows the second one, whatever lies between', () => {
  expect(after(50, 10_000, 60, 10_050)).toBe(10_050);
  expect(after(50, 10_050, 60, 10_000)).toBe(10_050);
});

it('follows the earlier of two that are far from each other', () => {
  expect(after(50, 10_000, 20_000)).toBe(10_000);
  expect(after(50, 20_000, 10_000)).toBe(10_000);
  expect(after(50, 20_000, 10_000, 20_001)).toBe(20_001);
});

it('does not count a note that the watermark has come near to as a confirmation', () => {
  expect(after(0, 150, 90, 250)).toBe(90);
  expect(after(0, 150, 90, 250, 240)).toBe(250);
});
