import type { FollowedTopic } from '#eventlog';
import { formatPosition } from '#kernel';
import { digestOfState, type ReadModel, type StateDigest, type StateRow } from './read-model';

/** A topic of decisions that is folded in memory: its newest state. */
export const followedTopicModel = <State>(
  name: string,
  followed: FollowedTopic<State>,
  rows: (state: State) => Iterable<StateRow>,
): ReadModel => {
  const digestAt = (position: number, state: State): StateDigest =>
    digestOfState(position < 0 ? 'before the first' : formatPosition(0, position), rows(state));
  return {
    name,
    digest: () => Promise.resolve(digestAt(followed.position, followed.state)),
    rebuild: async () => {
      const { position, before, after } = await followed.refold();
      return { before: digestAt(position, before), after: digestAt(position, after) };
    },
  };
};
