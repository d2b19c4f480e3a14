import { readLocalStack } from '#localstack';
import { readPlatformState } from '../../../cli/src/platform/platform-state';
import { serviceUrl } from '../../../cli/src/platform/service-processes';
import type { Measured } from './processes';

/** The services that were started from a data folder, and the broker. */
export const platformProcesses = async (dataDir: string): Promise<Measured[]> => {
  const services = Object.entries(readPlatformState(dataDir)?.services ?? {});
  const broker = (await readLocalStack(dataDir))?.pids.kafka;
  return [
    ...services.map(([name, state]) => ({
      name,
      pid: state.identity.pid,
      metrics: `${serviceUrl(state)}/metrics`,
    })),
    ...(broker === undefined ? [] : [{ name: 'broker', pid: broker }]),
  ];
};
