import type { DeploymentFact, RouteFact } from '#contracts';
import type { OnnxModel } from '#inference';
import { PlatformError } from '#kernel';
import type { ModelShelf } from './model-shelf';
import type { RouteBatch } from './route-batch';
import { hangs, isOfTheModel, noScores, scoreRows, type ScoredRows } from './score-rows';

/** Told of a route beside the champion whose model cannot be opened, hangs or throws. */
export type ModelFailure = (route: RouteFact, error: unknown) => void;

/**
 * The models of a deployment's routes. The champion's must answer: what it throws is thrown. Another route's that cannot be opened answers
 * nothing, so that a broken canary or shadow holds nobody up; one that hangs is not asked again.
 */
export class OpenModels {
  /** Why a model is not used, by its artifact; it is tried again when the deployment changes. */
  private readonly refused = new Map<string, unknown>();
  private of: DeploymentFact | undefined;

  constructor(
    private readonly shelf: Pick<ModelShelf, 'ready' | 'get'>,
    private readonly failing: ModelFailure | undefined,
  ) {}

  /** Loads what all routes need, before the first vector that they answer. */
  async prepare(deployment: DeploymentFact, routes: readonly RouteFact[]): Promise<void> {
    if (this.of !== deployment) this.refused.clear();
    this.of = deployment;
    const usable = routes.filter(({ artifact }) => !this.refused.has(artifact));
    try {
      await this.shelf.ready(deployment.deployment, usable);
    } catch {
      // Which of them is it, and is it one that may be missing?
      await Promise.all(usable.map((route) => this.open(route)));
    }
  }

  /** Scores a batch; of another route than the champion it may have none of its rows scored. */
  async score(batch: RouteBatch): Promise<void> {
    if (batch.rows === 0) return;
    const { route } = batch.parts;
    if (route.route !== 'champion') {
      batch.scores = await this.tried(route, batch.matrix, batch.rows);
      return;
    }
    const model = await this.shelf.get(route);
    batch.scores = { values: await model.score(batch.matrix), width: model.outputs, thrown: NONE };
  }

  /** Scores rows where an answer may be an error: also the champion's rows that it throws for are told one by one. */
  async attempt(route: RouteFact, matrix: Float32Array, rows: number): Promise<ScoredRows> {
    if (route.route !== 'champion') return this.tried(route, matrix, rows);
    return scoreRows(await this.shelf.get(route), matrix);
  }

  private async tried(route: RouteFact, matrix: Float32Array, rows: number): Promise<ScoredRows> {
    const model = await this.open(route);
    if (!model) return noScores(rows, this.refused.get(route.artifact));
    try {
      const scores = await scoreRows(model, matrix);
      if (scores.thrown.size > 0) this.failing?.(route, scores.error);
      return scores;
    } catch (error) {
      if (!hangs(error)) throw error;
      // To find the row that it hangs on would hold the champion up for as long again and again.
      this.refuse(route, error);
      return noScores(rows, error);
    }
  }

  private async open(route: RouteFact): Promise<OnnxModel | undefined> {
    if (this.refused.has(route.artifact)) return undefined;
    try {
      return await this.shelf.get(route);
    } catch (error) {
      if (route.route === 'champion' || !this.mayBeMissing(error)) throw error;
      this.refuse(route, error);
      return undefined;
    }
  }

  private refuse(route: RouteFact, error: unknown): void {
    this.refused.set(route.artifact, error);
    this.failing?.(route, error);
  }

  /** Where nobody is told, as in a replay, only what the bytes themselves say: a file that is gone or damaged since is another matter. */
  private mayBeMissing(error: unknown): boolean {
    const code = error instanceof PlatformError ? error.code : undefined;
    if (code === 'PLAYHEAD_INFERENCE_MODEL_INVALID') return true;
    return this.failing !== undefined && (code === 'PLAYHEAD_ARTIFACT_CORRUPT' || isOfTheModel(error));
  }
}

const NONE: ReadonlySet<number> = new Set();
