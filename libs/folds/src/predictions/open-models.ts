import type { RouteFact } from '#contracts';
import type { OnnxModel } from '#inference';
import { PlatformError } from '#kernel';
import type { ModelShelf } from './model-shelf';
import type { RouteBatch } from './route-batch';
import { isOfTheModel, noScores, scoreRows } from './score-rows';

/** Told of a route beside the champion whose model cannot be opened, and of one that threw. */
export type ModelFailure = (route: RouteFact, error: unknown) => void;

/**
 * The models of a deployment's routes. The champion's must answer: what it throws is thrown. Another route's that cannot be opened answers
 * nothing, so that a broken canary or shadow holds nobody up.
 */
export class OpenModels {
  /** Why a model is not used, by its artifact; tried again under the next control position. */
  private readonly refused = new Map<string, unknown>();

  constructor(
    private readonly shelf: Pick<ModelShelf, 'ready' | 'get'>,
    private readonly failing: ModelFailure | undefined,
  ) {}

  /** Loads what all routes need, before the first vector that they answer. */
  async prepare(deployment: string, routes: readonly RouteFact[]): Promise<void> {
    this.refused.clear();
    try {
      await this.shelf.ready(deployment, routes);
    } catch {
      // Which of them is it, and is it one that may be missing?
      await Promise.all(routes.map((route) => this.open(route)));
    }
  }

  /** Scores a batch; it may have none of its rows scored. */
  async score(batch: RouteBatch): Promise<void> {
    if (batch.rows === 0) return;
    const { route } = batch.parts;
    if (route.route === 'champion') {
      const model = await this.shelf.get(route);
      batch.scores = { values: await model.score(batch.matrix), width: model.outputs, thrown: NONE };
      return;
    }
    const model = await this.open(route);
    batch.scores = model
      ? await scoreRows(model, batch.matrix)
      : noScores(batch.rows, this.refused.get(route.artifact));
    const { thrown, error } = batch.scores;
    if (model && thrown.size > 0) this.failing?.(route, error);
  }

  private async open(route: RouteFact): Promise<OnnxModel | undefined> {
    if (this.refused.has(route.artifact)) return undefined;
    try {
      return await this.shelf.get(route);
    } catch (error) {
      if (route.route === 'champion' || !this.mayBeMissing(error)) throw error;
      this.refused.set(route.artifact, error);
      this.failing?.(route, error);
      return undefined;
    }
  }

  /** Where nobody is told, as in a replay, only what the bytes themselves say: a file that is gone or damaged since is another matter. */
  private mayBeMissing(error: unknown): boolean {
    const code = error instanceof PlatformError ? error.code : undefined;
    if (code === 'PLAYHEAD_INFERENCE_MODEL_INVALID') return true;
    return this.failing !== undefined && (code === 'PLAYHEAD_ARTIFACT_CORRUPT' || isOfTheModel(error));
  }
}

const NONE: ReadonlySet<number> = new Set();
