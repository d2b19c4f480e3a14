export interface Rate {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** From the append of the first record on the first topic of a road to the append of the last one on its last topic; epoch ms. */
export const rateOf = (events: number, begunAt: number, endedAt: number): Rate => {
  const seconds = Math.max(1, endedAt - begunAt) / 1_000;
  return { events, seconds, eventsPerSecond: events / seconds };
};

/** How many of some ascending times lie in (after, upTo]. */
export const countBetween = (times: ArrayLike<number>, after: number, upTo: number): number => {
  let count = 0;
  for (let i = 0; i < times.length; i++) if (times[i]! > after && times[i]! <= upTo) count++;
  return count;
};
