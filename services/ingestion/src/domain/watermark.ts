/**
 * How far event time has come in one partition: the latest event time observed, except that an event far ahead of it is only noted
 * until a second one confirms it (law L10: one bad clock cannot make everybody late). Milliseconds; -Infinity for none.
 */
export interface Watermark {
  readonly at: number;
  /** Event time of an observed event that is ahead by more than `jump` and not confirmed. */
  readonly unconfirmed: number;
}

export const NO_WATERMARK: Watermark = { at: -Infinity, unconfirmed: -Infinity };

/**
 * The watermark after an observation. The first one sets it. Of two that are both further ahead than `jump`, the earlier one is
 * confirmed by the later one, and the later one too unless it is as far ahead of the earlier.
 */
export const advance = (watermark: Watermark, time: number, jump: number): Watermark => {
  const { at, unconfirmed } = watermark;
  if (time <= at) return watermark;
  if (at === -Infinity || time - at <= jump)
    return { at: time, unconfirmed: unconfirmed > time + jump ? unconfirmed : -Infinity };
  if (unconfirmed - at <= jump) return { at, unconfirmed: time };
  const earlier = Math.min(unconfirmed, time);
  const later = Math.max(unconfirmed, time);
  return later - earlier <= jump
    ? { at: later, unconfirmed: -Infinity }
    : { at: earlier, unconfirmed: later };
};
