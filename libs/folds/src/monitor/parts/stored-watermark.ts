import type { Watermark } from '#kernel';

/** A watermark as JSON: there is no infinity in JSON, null stands for "nothing yet". */
export interface StoredWatermark {
  readonly time: number | null;
  readonly unconfirmed: number | null;
}

export const storeTime = (time: number): number | null => (time === -Infinity ? null : time);
export const restoreTime = (time: number | null): number => time ?? -Infinity;

export const storeWatermark = ({ time, unconfirmed }: Watermark): StoredWatermark => ({
  time: storeTime(time),
  unconfirmed,
});

export const restoreWatermark = ({ time, unconfirmed }: StoredWatermark): Watermark => ({
  time: restoreTime(time),
  unconfirmed,
});
