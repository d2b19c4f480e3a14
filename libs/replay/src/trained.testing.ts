import { DefinitionApplied, TOPICS, TrainingRequested, loadDefinitions, type EventOf } from '#contracts';
import { fieldsOf, fitModel, judgedRequest, readDataset, storeRun, type Fit } from '#fit';
import { buildDataset } from './datasets';
import { compiledOf, projectOf } from './replay.testing';
import { JudgedHotPath } from './what-if/what-if.testing';

export const inThisThread: Fit = (job) => Promise.resolve(fitModel(job));

const HOUR = 3_600_000;

/** Payments with labels, and versions that were trained on them as the services train. */
export class TrainedHotPath extends JudgedHotPath {
  static override async make(): Promise<TrainedHotPath> {
    return (await JudgedHotPath.prepare(new TrainedHotPath('feature'))) as TrainedHotPath;
  }

  /** All definitions of the project, as the registry tells them. */
  async applyAll(): Promise<void> {
    const { definitions } = loadDefinitions([{ path: 'playhead.yaml', text: projectOf() }]);
    for (const { kind, name, spec } of definitions)
      if (kind !== 'FeatureService')
        await this.fact(TOPICS.definitions, DefinitionApplied, {
          ...DefinitionApplied.sample,
          kind,
          name,
          spec: spec as unknown as Record<string, unknown>,
        });
    await this.apply();
  }

  requestOf(over: Partial<EventOf<typeof TrainingRequested>> = {}): EventOf<typeof TrainingRequested> {
    const { sample } = TrainingRequested;
    const { digest, compiled } = compiledOf(projectOf());
    const { trigger } = compiled;
    return {
      ...sample,
      model: 'risk',
      task: 'regression',
      service: {
        ...sample.service,
        name: 'spend',
        revision: '1',
        digest,
        trigger: trigger.stream,
        key: trigger.key,
        partitions: trigger.partitions,
        features: [...compiled.features],
      },
      split: { by: 'time', holdout_ms: 10 * HOUR, gap_ms: 0 },
      trainer: { kind: 'gbdt', parameters: { trees: 5, depth: 2, min_samples_leaf: 1 } },
      seed: 7,
      gates: [],
      ...over,
    };
  }

  /** What feature and training do for a run, and the version that the registry makes of it. */
  async train(version: number, over: Partial<EventOf<typeof TrainingRequested>> = {}): Promise<string> {
    const { log, artifacts, namespace } = this;
    const request = this.requestOf(over);
    const dataset = await buildDataset({ log, artifacts, namespace }, request);
    const parts = await readDataset(artifacts, dataset, fieldsOf(request));
    const fitted = fitModel({ request: judgedRequest(request), features: dataset.features, ...parts });
    const stored = await storeRun({ artifacts }, { request, dataset }, fitted, 1);
    const { logs: _, ...files } = stored;
    await this.register(version, {
      ...files,
      dataset: dataset.digest,
      service: request.service,
      trainer: request.trainer.kind,
      parameters: request.trainer.parameters,
      seed: request.seed,
    });
    return stored.manifest;
  }

  /** While work is done, one byte of a stored artifact is another. */
  async whileDamaged<T>(digest: string, work: () => Promise<T>): Promise<T> {
    const [key, bytes] = [...this.artifacts.objects].find(([each]) => each.endsWith(digest))!;
    const damaged = Buffer.from(bytes);
    damaged[damaged.length >> 1]! ^= 1;
    return this.whileStored(key, damaged, work);
  }

  /** While work is done, a stored artifact is gone. */
  async whileGone<T>(digest: string, work: () => Promise<T>): Promise<T> {
    const key = [...this.artifacts.objects.keys()].find((each) => each.endsWith(digest))!;
    return this.whileStored(key, undefined, work);
  }

  private async whileStored<T>(key: string, bytes: Buffer | undefined, work: () => Promise<T>): Promise<T> {
    const { objects } = this.artifacts;
    const before = objects.get(key)!;
    if (bytes) objects.set(key, bytes);
    else objects.delete(key);
    try {
      return await work();
    } finally {
      objects.set(key, before);
    }
  }
}
