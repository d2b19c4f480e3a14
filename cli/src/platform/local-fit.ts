import type { ArtifactStore } from '#artifacts';
import { fitByCommand, fitByKind, fitImported, fitInThread, type Fit } from '#fit';

/** Fits as the training service of a local stack does; programs run with the rights of whoever calls, unless that is switched off. */
export const localFit = (
  artifacts: Pick<ArtifactStore, 'get'>,
  env: NodeJS.ProcessEnv = process.env,
): Fit => {
  const learn = fitInThread();
  const allowed = env['PLAYHEAD_COMMAND_TRAINERS'] !== 'off';
  return fitByKind({
    learn,
    command: fitByCommand({ judge: learn, allowed }),
    imported: fitImported({ judge: learn, artifacts }),
  });
};
