/** This share of the visits is offered any item, so that something is learned of all of them. */
export const EXPLORE = 0.15;

/** The first of the highest scores. */
export const bestOf = (scores: readonly number[]): number =>
  scores.reduce((best, score, item) => (score > scores[best]! ? item : best), 0);

/** With which chance the policy shows an item: nearly always the best one, seldom any. */
export const chanceToShow = (item: number, scores: readonly number[]): number =>
  (item === bestOf(scores) ? 1 - EXPLORE : 0) + EXPLORE / scores.length;

/** What is shown, from a uniform number. */
export const shown = (scores: readonly number[], luck: number): number =>
  luck < EXPLORE ? Math.min(scores.length - 1, Math.floor((luck / EXPLORE) * scores.length)) : bestOf(scores);
