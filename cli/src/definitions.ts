import { openDoor, path } from './doors';

/** The compiled form of the newest revision of a definition, from the registry's door. */
export const fetchDefinition = async <Compiled>(
  registryUrl: string,
  kind: string,
  name: string,
): Promise<Compiled> =>
  (await openDoor(registryUrl).get<{ compiled: Compiled }>(path`/v1/definitions/${kind}/${name}`)).compiled;
