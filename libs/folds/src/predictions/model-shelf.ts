import type { RouteFact } from '#contracts';
import type { ArtifactStore } from '#artifacts';
import { openInline, type OnnxModel, type OpenedModel, type OpenModel } from '#inference';
import { isTransient } from '#kernel';
import { ShelvedModel } from './shelved-model';

export interface ShelfOptions {
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  /** How a file becomes a model. Default: in this thread without a trial, for files that are known to be harmless. */
  readonly open?: OpenModel;
  /** Models kept although no route needs them any more: a resumed partition may still decide under an older position. Default 2. */
  readonly spare?: number;
  /** What all models may take together; above it those that were used the longest ago leave. What routes need stays whatever it takes. Default 1 GiB. */
  readonly memoryBytes?: number;
}

/** A model in memory. */
export interface Shelved extends Pick<OpenedModel, 'place' | 'cost' | 'memoryBytes'> {
  readonly artifact: string;
  readonly needed: boolean;
}

const GIB = 2 ** 30;
/** How long a file that cannot be opened is not tried again. */
const REFUSED_FOR_MS = 30_000;

/**
 * Models in memory, by the digest of their file. A swap has no gap: the new one is loaded and tried before the first vector is
 * scored under the position that names it, while the old one goes on. Where there are more models than memory, those that no route needs and nobody
 * has asked for longest leave; whoever holds one of them still gets scores, from the same file opened again.
 */
export class ModelShelf {
  private readonly models = new Map<string, Promise<ShelvedModel>>();
  private readonly opened = new Map<string, ShelvedModel>();
  /** Artifacts that each deployment answers with now. */
  private readonly needed = new Map<string, ReadonlySet<string>>();
  /** Those that it is to answer with as soon as all are there. */
  private readonly wanted = new Map<string, ReadonlySet<string>>();
  /** Those that a deployment answered with before. */
  private readonly retired = new Set<string>();
  private uses = 0;
  private closed = false;

  constructor(private readonly options: ShelfOptions) {}

  /**
   * Loads what a deployment needs and is not there yet. While it cannot, what it needed before stays.
   * @throws TransientFailure while the store is away; what `OpenModel` refuses.
   */
  async ready(
    deployment: string,
    routes: readonly Pick<RouteFact, 'artifact' | 'features'>[],
  ): Promise<void> {
    const now = new Set(routes.map(({ artifact }) => artifact));
    this.wanted.set(deployment, now);
    const results = await Promise.allSettled(routes.map((route) => this.get(route)));
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failures.length > 0) throw failures.find(isTransient) ?? failures[0];
    const before = this.needed.get(deployment) ?? new Set();
    this.needed.set(deployment, now);
    for (const artifact of before) if (!now.has(artifact)) this.retired.add(artifact);
    for (const artifact of now) this.retired.delete(artifact);
    await this.makeRoom();
  }

  get(route: Pick<RouteFact, 'artifact' | 'features'>): Promise<OnnxModel> {
    const { artifact } = route;
    const shelved = this.opened.get(artifact);
    if (shelved) shelved.lastUse = ++this.uses;
    let model = this.models.get(artifact);
    if (model && (!shelved || shelved.opened)) return model;
    if (shelved) return shelved.bringBack().then(() => shelved);
    model = ShelvedModel.open(() => this.open(route)).then((shelved) => {
      shelved.lastUse = ++this.uses;
      this.opened.set(artifact, shelved);
      return shelved;
    });
    model.catch((error: unknown) => {
      // Asked again at once a broken file would be read and refused for each vector; what is away may be back.
      if (isTransient(error)) this.models.delete(artifact);
      else setTimeout(() => this.models.delete(artifact), REFUSED_FOR_MS).unref();
    });
    this.models.set(artifact, model);
    return model;
  }

  /** Artifacts of the models in memory. */
  loaded(): string[] {
    return [...this.opened].filter(([, { opened }]) => opened).map(([artifact]) => artifact);
  }

  status(): Shelved[] {
    const needed = this.allNeeded();
    return [...this.opened].flatMap(([artifact, { opened }]) => {
      if (!opened) return [];
      const { place, cost, memoryBytes } = opened;
      return [{ artifact, place, cost, memoryBytes, needed: needed.has(artifact) }];
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.models.values());
    await Promise.all([...this.opened.values()].map((shelved) => shelved.close()));
  }

  private async open({ artifact, features }: Pick<RouteFact, 'artifact' | 'features'>): Promise<OpenedModel> {
    const bytes = await this.options.artifacts.get(artifact);
    const model = await (this.options.open ?? openInline)(bytes, { featureCount: features.length });
    // Not awaited: who asked for this one does not wait until others are out.
    if (!this.closed) void this.makeRoom(model.memoryBytes);
    return model;
  }

  private allNeeded(): ReadonlySet<string> {
    return new Set([...this.needed.values(), ...this.wanted.values()].flatMap((artifacts) => [...artifacts]));
  }

  /** `coming` bytes are about to be added. */
  private async makeRoom(coming = 0): Promise<void> {
    const { spare = 2, memoryBytes = GIB } = this.options;
    const needed = this.allNeeded();
    const idle = [...this.opened]
      .filter(([artifact, { opened, isBusy }]) => opened && !isBusy && !needed.has(artifact))
      .sort(([, one], [, other]) => one.lastUse - other.lastUse);
    const retired = idle.filter(([artifact]) => this.retired.has(artifact));
    const leaving = new Set(
      retired.slice(0, Math.max(0, retired.length - spare)).map(([, shelved]) => shelved),
    );
    let taken = coming;
    for (const { opened } of this.opened.values()) taken += opened?.memoryBytes ?? 0;
    for (const shelved of leaving) taken -= shelved.opened!.memoryBytes;
    for (const [, shelved] of idle) {
      if (taken <= memoryBytes) break;
      if (leaving.has(shelved)) continue;
      leaving.add(shelved);
      taken -= shelved.opened!.memoryBytes;
    }
    await Promise.all([...leaving].map((shelved) => shelved.close()));
  }
}
