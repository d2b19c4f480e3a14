import { DefinitionApplied, TOPICS, decodeEvent, qualify, readEnvelope, type Definition } from '#contracts';
import { readTopic } from '#eventlog';
import type { RegistryPlace } from './registry-facts';

/** The newest revision of each definition on the log. */
export const definitionsThatHold = async ({
  log,
  namespace,
}: RegistryPlace): Promise<readonly Definition[]> => {
  const definitions = new Map<string, Definition>();
  for (const { headers, value } of await readTopic(log, qualify(namespace, TOPICS.definitions))) {
    if (readEnvelope(headers).type !== DefinitionApplied.type) continue;
    const { kind, name, spec } = decodeEvent(DefinitionApplied, value);
    definitions.set(`${kind}/${name}`, { kind, name, spec } as unknown as Definition);
  }
  return [...definitions.values()];
};
