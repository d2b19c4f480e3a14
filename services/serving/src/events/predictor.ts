import { fillRow, type Vector } from '#contracts';
import { decide } from '#folds';
import { Refused, canonicalKey } from '#kernel';
import type { LatestVectors } from '#runtime';
import type { InferenceDesk, ServedModel, ServedModels } from '../inference';
import type { EventFeatures } from './event-features';
import type { Explainers, Explanation } from './explainers';
import { outputOf, type Output } from './output';

/** A body of `predict`. */
export interface PredictRequest {
  readonly entity?: unknown;
  readonly event?: unknown;
  /** Later labels name the request by it: by default the id of the event, or one that is made here. */
  readonly id?: string;
  readonly explain?: boolean;
}

export interface PredictAnswer {
  readonly deployment: string;
  readonly model: string;
  readonly version: number;
  readonly route: string;
  /** Where the request is logged or brought one. */
  readonly id?: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly event_id: string;
  readonly event_time: string;
  readonly output: Output;
  readonly decision?: boolean;
  /** As the model was given them; null: missing. */
  readonly features: Readonly<Record<string, number | null>>;
  /** Position of the vector that was looked up, where it was. */
  readonly vector?: string;
  /** Of an event: the newest record of each topic that its features reflect. */
  readonly reflects?: Readonly<Record<string, string | null>>;
  readonly explanation?: Explanation;
}

export interface PredictorParts {
  readonly models: ServedModels;
  readonly desk: InferenceDesk;
  readonly vectors: Pick<LatestVectors, 'of'>;
  readonly events: EventFeatures;
  readonly explainers: Explainers;
}

interface Known {
  readonly key: string;
  readonly vector: Vector;
  readonly position?: string;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly reflects?: PredictAnswer['reflects'];
}

/** A model's answer for an entity, from its newest vector, or for an event that is not on the stream, as the stream would answer it now. */
export class Predictor {
  constructor(private readonly parts: PredictorParts) {}

  async predict(name: string, request: PredictRequest, traceparent?: string): Promise<PredictAnswer> {
    const { models, desk, explainers } = this.parts;
    const { deployment } = models.find(name, undefined, undefined);
    if (!deployment) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}`);
    const { service } = deployment;
    const known = await this.known(service, request);
    const { key, vector } = known;
    const served = models.reading(name, key, ({ revision }) => vector.values[revision] !== undefined);
    const matrix = new Float32Array(served.reads.features.length);
    fillRow(vector, served.reads, matrix, 0);
    // What cannot be explained is refused before anything is answered and logged.
    const explanation = request.explain ? await explainers.explain(served, matrix) : undefined;
    const id = request.id ?? (known.event && vector.event_id);
    const answer = await desk.infer(
      {
        model: name,
        key,
        rows: 1,
        matrix,
        protocol: 'predict',
        ...(id !== undefined && { id }),
        ...(known.event && { event: known.event }),
        ...(known.position !== undefined && { vector: known.position }),
        ...(traceparent !== undefined && { traceparent }),
      },
      served,
    );
    const { values, width } = answer;
    const by = served.deployment ?? deployment;
    const decision = decide(by, { values, width }, 0);
    return {
      deployment: name,
      model: by.model,
      version: served.reads.version,
      route: served.route,
      ...(answer.id !== undefined && { id: answer.id }),
      entity: vector.entity,
      event_id: vector.event_id,
      event_time: vector.event_time,
      output: outputOf(by.task, values),
      ...(decision !== undefined && { decision }),
      features: featuresOf(served, matrix),
      ...(known.position !== undefined && { vector: known.position }),
      ...(known.reflects && { reflects: known.reflects }),
      ...(explanation && { explanation }),
    };
  }

  private async known(
    { name, key: field }: { readonly name: string; readonly key: string },
    { entity, event }: PredictRequest,
  ): Promise<Known> {
    if ((entity === undefined) === (event === undefined))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `the body must be {"entity": {"${field}": "..."}} or {"event": {...}}`,
      );
    if (event !== undefined) {
      const { event: read, vector, reflects } = await this.parts.events.of(name, event);
      return { key: read.key, vector, reflects, event: event as Readonly<Record<string, unknown>> };
    }
    const key = entityKey(entity, field);
    const vector = await this.parts.vectors.of(name, key);
    if (vector) return { key, vector, position: vector.position };
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `${field} ${key} has no vector yet: no event of it has been folded`,
    );
  }
}

const featuresOf = ({ reads }: ServedModel, row: Float32Array): Record<string, number | null> =>
  Object.fromEntries(
    reads.features.map((feature, i) => [feature, Number.isNaN(row[i]) ? null : row[i]! + 0]),
  );

const entityKey = (entity: unknown, field: string): string => {
  const example = `{"entity": {"${field}": "..."}}`;
  if (typeof entity !== 'object' || entity === null)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `the body must be ${example}`);
  const key = canonicalKey((entity as Record<string, unknown>)[field]);
  if (key === null)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `the entity has no ${field}; write ${example}`);
  return key;
};
