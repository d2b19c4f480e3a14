import { advanceWatermark, NO_WATERMARK } from './watermark';

const after = (...times: number[]): number =>
  times.reduce((mark, time) => advanceWatermark(mark, time, 10), NO_WATERMARK).time;

describe('advanceWatermark', () => {
  it('starts at the first event and follows the newest', () => {
    expect(NO_WATERMARK.time).toBe(-Infinity);
    expect(after(100)).toBe(100);
    expect(after(100, 105, 103, 115)).toBe(115);
  });

  it('does not follow a single event from far ahead', () => {
    expect(after(100, 9999)).toBe(100);
    expect(after(100, 9999, 101, 102)).toBe(102);
    expect(after(100, 9999, 500)).toBe(100);
  });

  it('follows when a second event confirms the jump', () => {
    expect(after(100, 200, 205)).toBe(200);
    expect(after(100, 205, 101, 200)).toBe(200);
    expect(after(100, 9999, 200, 201, 208)).toBe(208);
  });

  it('forgets a jump that the stream has caught up with', () => {
    expect(after(100, 111, 109, 119, 130)).toBe(119);
  });
});
