/**
 * How far a partition has come in event time: the newest event time that can be trusted. An event more than `jump` ahead does not
 * move it alone, so that one bad clock cannot make everybody late; a second one within `jump` of the first does (law L10).
 */
export interface Watermark {
  /** Epoch ms; -Infinity before the first event. */
  readonly time: number;
  /** Event time of the last event that was too far ahead and waits for another to confirm it. */
  readonly unconfirmed: number | null;
}

export const NO_WATERMARK: Watermark = { time: -Infinity, unconfirmed: null };

/** The watermark after an event at `time`; it never goes back. `jump` in ms. */
export const advanceWatermark = (watermark: Watermark, time: number, jump: number): Watermark => {
  const { time: now, unconfirmed } = watermark;
  if (time <= now) return watermark;
  if (now === -Infinity || time <= now + jump) return { time, unconfirmed };
  if (unconfirmed !== null && unconfirmed > now && Math.abs(time - unconfirmed) <= jump) {
    return { time: Math.min(time, unconfirmed), unconfirmed: null };
  }
  return { time: now, unconfirmed: time };
};
