import {
  AliasAssigned,
  AliasRemoved,
  DeploymentUpdated,
  ModelVersionRegistered,
  TOPICS,
  decodeEvent,
  evolveDeployments,
  qualify,
  readEnvelope,
  type DeploymentFact,
  type Deployments,
  type EventOf,
} from '#contracts';
import { readTopic, type EventLog, type LogRecord } from '#eventlog';
import { Refused } from '#kernel';

export type VersionFact = EventOf<typeof ModelVersionRegistered>;

export interface RegistryPlace {
  readonly log: EventLog;
  readonly namespace: string;
}

const facts = async ({ log, namespace }: RegistryPlace, name: string): Promise<LogRecord[]> => {
  const topic = qualify(namespace, name);
  return (await log.partitionCount(topic)) === undefined ? [] : readTopic(log, topic);
};

/** All versions of a model as `registry.models` tells them, 1 to n: from the log alone, with every other store empty. */
export const versionsOf = async (place: RegistryPlace, model: string): Promise<readonly VersionFact[]> => {
  const versions = new Map<number, VersionFact>();
  for (const record of await facts(place, TOPICS.models)) {
    if (readEnvelope(record.headers).type !== ModelVersionRegistered.type) continue;
    const fact = decodeEvent(ModelVersionRegistered, record.value);
    if (fact.model === model && !versions.has(fact.version)) versions.set(fact.version, fact);
  }
  return [...versions.values()].sort((a, b) => a.version - b.version);
};

/** @throws Refused PLAYHEAD_NOT_FOUND, saying which there are. */
export const versionOf = async (
  place: RegistryPlace,
  model: string,
  version: number,
): Promise<VersionFact> => {
  const versions = await versionsOf(place, model);
  const found = versions.find((each) => each.version === version);
  if (found) return found;
  const there =
    versions.length === 0
      ? `${model} has no version on the log`
      : `the newest is ${model}@${versions[versions.length - 1]!.version}`;
  throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${model}@${version}; ${there}`);
};

/** The number of `3`, or of an alias as it stands now. */
export const versionNumberOf = async (place: RegistryPlace, model: string, text: string): Promise<number> => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  let version: number | undefined;
  for (const record of await facts(place, TOPICS.models)) {
    const { type } = readEnvelope(record.headers);
    if (type !== AliasAssigned.type && type !== AliasRemoved.type) continue;
    const assigned = type === AliasAssigned.type ? decodeEvent(AliasAssigned, record.value) : undefined;
    const fact = assigned ?? decodeEvent(AliasRemoved, record.value);
    if (fact.model === model && fact.alias === text) version = assigned?.version;
  }
  if (version !== undefined) return version;
  throw new Refused('PLAYHEAD_NOT_FOUND', `${model} has no alias ${text}; write for example ${model}@1`);
};

/** @throws Refused PLAYHEAD_NOT_FOUND, saying which there are. */
export const deploymentOf = async (place: RegistryPlace, name: string): Promise<DeploymentFact> => {
  let deployments: Deployments = new Map();
  for (const record of await facts(place, TOPICS.deployments))
    deployments = evolveDeployments(deployments, decodeEvent(DeploymentUpdated, record.value));
  const found = deployments.get(name);
  if (found) return found;
  const there = [...deployments.keys()].sort().join(', ') || 'none yet';
  throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}; there are: ${there}`);
};
