import type { DeploymentFact } from '#contracts';
import type { ModelFailure } from '#folds';
import { messageOf } from '#kernel';
import type { Logger } from '#runtime';

/** Says of each version once that it does not answer: every row that it is asked may tell the same. */
export const failingOnce = (
  { deployment, model }: Pick<DeploymentFact, 'deployment' | 'model'>,
  logger: Logger,
): ModelFailure => {
  const told = new Set<number>();
  return ({ route, version }, error) => {
    if (told.has(version)) return;
    told.add(version);
    const who = route === 'shadow' ? 'its answers are null' : 'the champion answers for it';
    logger.error(
      { deployment, version, route, err: error },
      `${model}@${version}, ${route} of ${deployment}, does not answer; ${who}: ${messageOf(error)}`,
    );
  };
};
