import { setTimeout as sleep } from 'node:timers/promises';
import { TransientFailure, isPlatformError } from '#kernel';
import type { DeploymentDocument, ServedDocument } from '../documents';
import { path, type Door } from '../doors';

export interface LoadWait {
  readonly registry: Door;
  readonly serving: Door;
  readonly name: string;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
  readonly everyMs?: number;
}

/** Resolves with the version once serving has loaded the one that the registry names; throws with what it waited for. */
export const untilLoaded = async ({
  registry,
  serving,
  name,
  timeoutMs,
  say,
  everyMs = 200,
}: LoadWait): Promise<number> => {
  const until = Date.now() + timeoutMs;
  let said = '';
  for (;;) {
    const { model, alias, routes } = await registry.get<DeploymentDocument>(path`/v1/deployments/${name}`);
    const wanted = routes[0]?.version;
    const loaded = wanted === undefined ? undefined : await loadedVersion(serving, name);
    if (wanted !== undefined && loaded?.version === wanted) return wanted;
    const reason = loaded
      ? `serving has not loaded ${model}@${wanted} yet: ${describe(loaded, model)}`
      : `no version of ${model} has the alias ${alias}; promote one`;
    if (reason !== said) say(`${name}: ${reason}`);
    said = reason;
    if (Date.now() >= until)
      throw new TransientFailure(
        'PLAYHEAD_NOT_READY',
        `${name} does not serve after ${timeoutMs / 1_000} s: ${reason}`,
      );
    await sleep(everyMs);
  }
};

/** The version that serving answers with, its model loaded; or why there is none. */
export type Loaded = { readonly version: number } | { readonly version: null; readonly reason: string };

export const loadedVersion = async (serving: Door, name: string): Promise<Loaded> => {
  try {
    const { deployments } = await serving.get<{ deployments: readonly ServedDocument[] }>('/v1/deployments');
    const served = deployments.find(({ deployment }) => deployment === name);
    if (!served) return { version: null, reason: `serving does not know ${name} yet` };
    if (served.version === null) return { version: null, reason: 'serving has no version of it' };
    await serving.get(path`/v2/models/${name}/ready`);
    if (!served.begun) return { version: null, reason: 'the vector that it begins with is not recorded yet' };
    return { version: served.version };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return { version: null, reason: error.message };
  }
};

const describe = (loaded: Loaded, model: string): string =>
  loaded.version === null ? loaded.reason : `it has ${model}@${loaded.version}`;
