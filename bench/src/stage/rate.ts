export interface Rate {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** While the first quarter of the events comes, code is compiled and caches fill. */
export const WARM_UP_SHARE = 0.25;

/**
 * How fast `count` events went, without the first `share` of them: from the append of the first event behind that share to the first
 * topic of the road, to the append of the last one to its last topic. On a road of several hops what is left out is no more than that
 * share of any hop's work, so a long road gains nothing by it. `begun`: append times on the first topic, ascending; epoch ms.
 */
export const rateAfter = (share: number, count: number, begun: ArrayLike<number>, endedAt: number): Rate => {
  const skipped = Math.min(Math.floor(count * share), begun.length - 1);
  const events = count - skipped;
  const seconds = Math.max(1, endedAt - begun[skipped]!) / 1_000;
  return { events, seconds, eventsPerSecond: events / seconds };
};

/** How many of some ascending times lie in (after, upTo]. */
export const countBetween = (times: ArrayLike<number>, after: number, upTo: number): number => {
  let count = 0;
  for (let i = 0; i < times.length; i++) if (times[i]! > after && times[i]! <= upTo) count++;
  return count;
};
