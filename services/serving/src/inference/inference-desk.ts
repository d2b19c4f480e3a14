import { Refused, type Clock } from '#kernel';
import { NO_INFERENCE_METRICS, NO_REQUEST_LOG, type InferenceMetrics, type RequestLog } from './hooks';
import type { InferAnswer, InferCall } from './infer-call';
import type { StatisticsOf } from './model-statistics';
import type { IndexEntry, ServedModel, ServedModels } from './served-models';
import type { OutputName } from '#inference';

export interface DeskParts {
  readonly models: ServedModels;
  readonly clock: Clock;
  /** Ids of requests that bring none. */
  readonly nextId: () => string;
  readonly requestLog?: RequestLog;
  readonly metrics?: InferenceMetrics;
}

export interface ModelDescription {
  readonly name: string;
  readonly versions: readonly string[];
  readonly features: number;
  readonly outputName: OutputName;
  readonly outputs: number;
  readonly served: ServedModel;
}

/**
 * Where every door hands its decoded requests in: finds who answers, scores, has the answer logged, counts. Knows no protocol.
 * What it throws says by its code what a door answers with: PLAYHEAD_NOT_FOUND, PLAYHEAD_NOT_READY, PLAYHEAD_INFERENCE_INVALID,
 * PLAYHEAD_OVERLOADED (`details.retryAfterMs`), PLAYHEAD_DEADLINE_EXCEEDED, PLAYHEAD_CANCELLED.
 */
export class InferenceDesk {
  private readonly models: ServedModels;
  private readonly requestLog: RequestLog;
  private readonly metrics: InferenceMetrics;

  constructor(private readonly parts: DeskParts) {
    this.models = parts.models;
    this.requestLog = parts.requestLog ?? NO_REQUEST_LOG;
    this.metrics = parts.metrics ?? NO_INFERENCE_METRICS;
  }

  /** `by` answers, where the door has found out already who does. */
  async infer(call: InferCall, by?: ServedModel): Promise<InferAnswer> {
    const beganMs = performance.now();
    const { model: name, version, rows, matrix } = call;
    let served = by;
    try {
      let id = call.id;
      if (!served) {
        if (id === undefined && this.models.isSplit(name, version)) id = this.parts.nextId();
        served = this.models.find(name, version, call.key ?? id);
      }
      if (served.deployment?.logging) id ??= this.parts.nextId();
      assertFits(served, rows, matrix);
      const scores = await served.lane.score(await this.models.modelOf(served), call);
      const answer: InferAnswer = {
        model: name,
        version: served.version,
        route: served.route,
        id,
        rows,
        width: scores.width,
        outputName: served.outputName,
        values: scores.values,
        served,
      };
      const logged = this.requestLog.append(call, answer);
      const scoredMs = logged && performance.now() - beganMs;
      if (logged) await logged;
      const totalMs = performance.now() - beganMs;
      served.lane.statistics.answered(
        rows,
        totalMs,
        scores.inferMs,
        call.inputMs ?? 0,
        this.parts.clock.now(),
      );
      this.metrics.answered(call, answer, { beganMs, totalMs, inferMs: scores.inferMs, scoredMs });
      return answer;
    } catch (error) {
      const totalMs = performance.now() - beganMs;
      served?.lane.statistics.fail.add(totalMs);
      this.metrics.failed(call, error, totalMs, served);
      throw error;
    }
  }

  /** Who would answer, without asking it; doors check names, features and outputs against it. */
  find(name: string, version?: string): ServedModel {
    return this.models.find(name, version, undefined);
  }

  /** Loads the model when it is not in memory. */
  async metadata(name: string, version?: string): Promise<ModelDescription> {
    const served = this.find(name, version);
    const { featureCount, outputs } = await this.models.modelOf(served);
    const versions = this.models.versions(name);
    return { name, versions, features: featureCount, outputName: served.outputName, outputs, served };
  }

  /** @throws as `find` where there is no such name or version */
  ready(name: string, version?: string): boolean {
    const served = this.find(name, version);
    // A version without a route is loaded when it is asked for.
    return version !== undefined || !served.deployment || this.models.isInMemory(served);
  }

  /** Deployments that cannot answer yet; throws while there are some. */
  assertReady(): void {
    this.models.assertLoaded();
  }

  index(): readonly IndexEntry[] {
    return this.models.index();
  }

  load(name: string): Promise<void> {
    return this.models.load(name);
  }

  unload(name: string): void {
    this.models.unload(name);
  }

  /** Of one version, of a name's versions that have answered or would, or of all names. */
  statistics(name?: string, version?: string): StatisticsOf[] {
    if (name !== undefined) {
      const served = this.find(name, version);
      if (version !== undefined) return [served.lane.statistics.of(name, served.version)];
    }
    return this.models.statistics(name);
  }
}

const assertFits = ({ reads, name }: ServedModel, rows: number, matrix: Float32Array): void => {
  if (rows * reads.features.length === matrix.length) return;
  throw new Refused(
    'PLAYHEAD_INFERENCE_INVALID',
    `${matrix.length} values for ${rows} rows; ${name} takes ${reads.features.length} in each row`,
  );
};
