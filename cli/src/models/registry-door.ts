import { openDoor, type Door } from '../doors';
import type { ActorOptions, GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';

/** The registry of the platform that is found; who acts is said with each request. */
export const registryOf = async (options: GlobalOptions & Partial<ActorOptions>): Promise<Door> =>
  openDoor((await findPlatform(options.dataDir, process.env)).url('registry'), options.as);
