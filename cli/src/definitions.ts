import { Refused, TransientFailure } from '#kernel';

/** The compiled form of the newest revision of a definition, from the registry's door. */
export const fetchDefinition = async <Compiled>(
  registryUrl: string,
  kind: string,
  name: string,
): Promise<Compiled> => {
  const answer = await fetch(`${registryUrl}/v1/definitions/${kind}/${encodeURIComponent(name)}`).catch(
    (cause: unknown) => {
      throw new TransientFailure(
        'PLAYHEAD_NOT_READY',
        `nothing answers at ${registryUrl}; is the registry up?`,
        { cause },
      );
    },
  );
  if (answer.status === 404)
    throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${kind} ${name}; apply its definition first`);
  if (!answer.ok)
    throw new TransientFailure(
      'PLAYHEAD_NOT_READY',
      `the registry answers ${answer.status}: ${await answer.text()}`,
    );
  return ((await answer.json()) as { compiled: Compiled }).compiled;
};
