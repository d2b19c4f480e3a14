import type { RouteFact } from '#contracts';
import type { ArtifactStore } from '#artifacts';
import { loadModel, type OnnxModel } from '#inference';

export interface ShelfOptions {
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  /** Models kept although no route of now needs them: a resumed partition may still decide under an older position. */
  readonly spare?: number;
}

/**
 * Models in memory, by the digest of their file. A swap has no gap: the new one is loaded and tried before the first vector is
 * scored under the position that names it, while the old one goes on.
 */
export class ModelShelf {
  private readonly models = new Map<string, Promise<OnnxModel>>();
  /** Artifacts that each deployment answers with now. */
  private readonly needed = new Map<string, ReadonlySet<string>>();

  constructor(private readonly options: ShelfOptions) {}

  /** Loads what a deployment needs and is not there yet; rejects with TransientFailure while the store is away. */
  async ready(deployment: string, routes: readonly RouteFact[]): Promise<void> {
    this.needed.set(deployment, new Set(routes.map(({ artifact }) => artifact)));
    await Promise.all(routes.map((route) => this.get(route)));
    await this.retire(new Set([...this.needed.values()].flatMap((artifacts) => [...artifacts])));
  }

  get(route: Pick<RouteFact, 'artifact' | 'features'>): Promise<OnnxModel> {
    let model = this.models.get(route.artifact);
    if (model) {
      // Last used stands last: the first ones are retired first.
      this.models.delete(route.artifact);
    } else {
      model = this.options.artifacts
        .get(route.artifact)
        .then((bytes) => loadModel(bytes, { featureCount: route.features.length }));
      model.catch(() => this.models.delete(route.artifact));
    }
    this.models.set(route.artifact, model);
    return model;
  }

  loaded(): string[] {
    return [...this.models.keys()];
  }

  async close(): Promise<void> {
    await this.retire(new Set(), 0);
  }

  private async retire(needed: ReadonlySet<string>, spare = this.options.spare ?? 2): Promise<void> {
    const idle = [...this.models.keys()].filter((artifact) => !needed.has(artifact));
    for (const artifact of idle.slice(0, Math.max(0, idle.length - spare))) {
      const model = this.models.get(artifact);
      this.models.delete(artifact);
      await model?.then((loaded) => loaded.close()).catch(() => undefined);
    }
  }
}
