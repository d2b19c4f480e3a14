import { DeploymentUpdated, ModelVersionRegistered, TOPICS, decodeEvent, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { loadModel } from '#inference';
import { messageOf } from '#kernel';
import type { ReplayPorts } from './hops';

/**
 * Where a model of a deployment was checked under another runtime than this one, and in what they differ: then scores may differ in
 * their last bits, and nobody is to blame. In words; nothing where they are the same.
 */
export const runtimeNotes = async (ports: ReplayPorts, deployment: string): Promise<string[]> => {
  const { log, namespace, artifacts } = ports;
  const routes = new Map<string, { name: string; features: number }>();
  for (const { value } of await readTopic(log, qualify(namespace, TOPICS.deployments))) {
    const fact = decodeEvent(DeploymentUpdated, value);
    if (fact.deployment !== deployment) continue;
    for (const { version, artifact, features } of fact.routes)
      routes.set(artifact, { name: `${fact.model}@${version}`, features: features.length });
  }
  const notes: string[] = [];
  const models = qualify(namespace, TOPICS.models);
  if ((await log.partitionCount(models)) === undefined) return notes;
  for (const { headers, value } of await readTopic(log, models)) {
    if (headers.text('ce_type') !== ModelVersionRegistered.type) continue;
    const { artifact, manifest } = decodeEvent(ModelVersionRegistered, value);
    const route = routes.get(artifact);
    if (!route) continue;
    try {
      const { runtime: then } = JSON.parse((await artifacts.get(manifest)).toString()) as {
        runtime?: Readonly<Record<string, unknown>>;
      };
      const model = await loadModel(await artifacts.get(artifact), { featureCount: route.features });
      const now = { ...model.fingerprint, node: process.version } as Readonly<Record<string, unknown>>;
      await model.close();
      for (const name of new Set([...Object.keys(then ?? {}), ...Object.keys(now)]))
        if (JSON.stringify(then?.[name]) !== JSON.stringify(now[name]))
          notes.push(
            `${route.name} was checked with ${name} ${JSON.stringify(then?.[name])}, here it is ${JSON.stringify(now[name])}`,
          );
    } catch (error) {
      notes.push(`what ${route.name} was checked with is not known: ${messageOf(error)}`);
    }
  }
  return notes;
};
