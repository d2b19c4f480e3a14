import type { RevisionReport } from './inputs';
import type { AppliedDefinition } from './state';

/** What is warm for a revision after a report, by `<topic>/<partition>`; said twice, it counts once. */
export const warmPlaces = (
  { warm }: Pick<AppliedDefinition, 'warm'>,
  { topic, partition }: RevisionReport['value']['fact'],
): readonly string[] => {
  const place = `${topic}/${partition}`;
  return warm.includes(place) ? warm : [...warm, place];
};
