import { Rng, exp } from '#kernel';

/**
 * A shop of our own making: users with a taste come back, are offered one of a few items and click or do not. What makes a click more
 * likely: how well the item fits the taste, and how appealing the item is to everybody; the appeal of two items changes on a known day.
 * Seeded: the same options give the same shop.
 */
export interface ShopOptions {
  readonly seed: number;
  readonly users: number;
  readonly visitsPerDay: number;
  readonly days: number;
  /** Midnight UTC of the first day, epoch ms. */
  readonly start: number;
  /** From this day on the appeal is another. */
  readonly driftDay: number;
}

export interface Item {
  readonly id: string;
  readonly sport: number;
  readonly style: number;
  readonly price: number;
  readonly appeal: number;
  readonly appealAfter: number;
}

export const ITEMS: readonly Item[] = [
  { id: 'i0', sport: 0.9, style: -0.6, price: 20, appeal: 0.3, appealAfter: 0.3 },
  { id: 'i1', sport: -0.8, style: 0.7, price: 45, appeal: 0.2, appealAfter: 0.2 },
  { id: 'i2', sport: 0.7, style: 0.8, price: 30, appeal: 0.6, appealAfter: -2.4 },
  { id: 'i3', sport: -0.7, style: -0.8, price: 60, appeal: 0.4, appealAfter: -2.2 },
  { id: 'i4', sport: 0.1, style: 0.2, price: 80, appeal: -0.6, appealAfter: 1.6 },
];

export interface User {
  readonly id: string;
  readonly sport: number;
  readonly style: number;
}

/** Somebody comes by; `chance` says with which probability they would click on each item. */
export interface Visit {
  readonly id: string;
  readonly time: number;
  readonly user: User;
  readonly chances: readonly number[];
  /** Uniform; whether an item is clicked: the draw is below its chance. */
  readonly draw: number;
  /** Uniform; who explores. */
  readonly luck: number;
}

const DAY_MS = 86_400_000;

/** Visits in time order. */
export const visitsOf = (options: ShopOptions): Visit[] => {
  const rng = new Rng(options.seed);
  const users = Array.from({ length: options.users }, (_, i): User => ({
    id: `u${i}`,
    sport: 2 * rng.uniform() - 1,
    style: 2 * rng.uniform() - 1,
  }));
  const visits: Visit[] = [];
  for (let day = 0; day < options.days; day++) {
    const times = Array.from(
      { length: options.visitsPerDay },
      () => options.start + day * DAY_MS + rng.below(DAY_MS),
    ).sort((a, b) => a - b);
    for (const time of times) {
      const user = users[rng.below(users.length)]!;
      const chances = ITEMS.map((item) => chanceOf(user, item, day >= options.driftDay));
      visits.push({
        id: `v${visits.length}`,
        time,
        user,
        chances,
        draw: rng.uniform(),
        luck: rng.uniform(),
      });
    }
  }
  return visits;
};

/** The truth that no model sees. */
export const chanceOf = (user: User, item: Item, hasDrifted: boolean): number => {
  const fit = user.sport * item.sport + user.style * item.style;
  return 1 / (1 + exp(2.3 - (hasDrifted ? item.appealAfter : item.appeal) - 2 * fit));
};
