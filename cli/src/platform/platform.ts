import { resolve } from 'node:path';
import {
  externalEndpoints,
  readLocalStack,
  startLocalStack,
  stopLocalStack,
  type Endpoints,
} from '#localstack';
import { Refused } from '#kernel';
import { forgetVersion, openDataFolder } from './data-folder';
import { readPlatformState, type PlatformState, type ServiceName } from './platform-state';
import { checkPlace, serviceUrl, startServices, stopServices } from './service-processes';

export interface PlatformOptions {
  readonly dataDir: string;
  readonly namespace: string;
  readonly portBase: number;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: (line: string) => void;
}

/** A platform that runs: where its parts are. */
export interface Platform {
  readonly dataDir: string;
  readonly namespace: string;
  readonly endpoints: Endpoints;
  readonly state: PlatformState;
  url(service: ServiceName): string;
}

/** Starts the local stack (or asks the external one) and the six services; returns once all are ready and leaves them running. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const dataDir = resolve(options.dataDir);
  await openDataFolder(dataDir, options);
  await checkPlace({ ...options, dataDir });
  const stack = await startLocalStack({ dataDir, env: options.env, progress: options.progress });
  const endpoints: Endpoints = { kafka: stack.kafka, postgres: stack.postgres, s3: stack.s3 };
  const state = await startServices({ ...options, dataDir, endpoints });
  return platformOf(dataDir, endpoints, state);
};

export const stopPlatform = async (
  dataDir: string,
  options: { readonly purge?: boolean; readonly progress: (line: string) => void },
): Promise<void> => {
  await stopServices(resolve(dataDir), options.progress);
  await stopLocalStack(resolve(dataDir), options);
  if (options.purge) forgetVersion(resolve(dataDir));
};

/** The platform of a data folder, as it was left running; refuses, saying what to do, where there is none. */
export const findPlatform = async (dataDirOption: string, env: NodeJS.ProcessEnv): Promise<Platform> => {
  const dataDir = resolve(dataDirOption);
  const state = readPlatformState(dataDir);
  if (!state || Object.keys(state.services).length === 0) throw notUp(dataDir);
  const external = externalEndpoints(env);
  const local = await readLocalStack(dataDir);
  const { kafka, postgres, s3 } = { ...local, ...external };
  if (!kafka || !postgres || !s3) throw notUp(dataDir);
  return platformOf(dataDir, { kafka, postgres, s3 }, state);
};

const notUp = (dataDir: string): Refused =>
  new Refused(
    'PLAYHEAD_NOT_FOUND',
    `nothing runs from ${dataDir}; start it with \`./playhead up --data-dir ${dataDir}\`, or name the right --data-dir`,
  );

const platformOf = (dataDir: string, endpoints: Endpoints, state: PlatformState): Platform => ({
  dataDir,
  namespace: state.namespace,
  endpoints,
  state,
  url: (service) => {
    const known = state.services[service];
    if (!known) throw new Refused('PLAYHEAD_NOT_FOUND', `${service} was not started; run \`./playhead up\``);
    return serviceUrl(known);
  },
});
