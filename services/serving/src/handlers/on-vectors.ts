import {
  EnvelopeTemplate,
  HEADERS,
  PredictionMade,
  TOPICS,
  championOf,
  type DeploymentFact,
  type Deployments,
  type EnvelopeHeader,
  type RouteFact,
} from '#contracts';
import { RecordFailure, checksumOf, type Fold, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, Defect, formatPosition } from '#kernel';
import { fillRow, parseVector, renderPrediction, type Vector } from '../domain/prediction';
import type { ModelShelf } from '../effects/model-shelf';
import type { ServingStatus } from '../effects/serving-status';

export interface VectorsHandler {
  readonly deployment: string;
  /** Full name of `serving.predictions.<deployment>`. */
  readonly predictions: string;
  /** Feature service whose vectors are read. */
  readonly service: string;
  readonly shelf: ModelShelf;
  readonly status: ServingStatus;
}

/**
 * Scores the vectors of a round, over all partitions, in one batch. The fold keeps no state: a prediction depends on its vector and on
 * the deployment under the control position alone, and the same row has the same bits in whatever batch.
 */
export const onVectors = (handler: VectorsHandler): Fold<null, Deployments> => {
  const template = new EnvelopeTemplate({
    type: PredictionMade.type,
    source: TOPICS.vectors(handler.service),
  });
  const headersOf = routeHeaders();
  return {
    name: 'predictions',
    initial: () => null,
    restore: { from: 'none' },
    total: true,
    dropSeen: true,
    prepare: (control) =>
      handler.shelf.ready(handler.deployment, control.get(handler.deployment)?.routes ?? []),
    process: async (round) => {
      const deployment = round.control.get(handler.deployment);
      const route = championOf(deployment);
      if (!deployment || !route)
        throw new Defect(
          `deployment ${handler.deployment} has no champion at position ${round.controlPosition}`,
        );
      const batch = rowsOf(round, route);
      const model = await handler.shelf.get(route);
      const scores = await model.score(batch.matrix);
      const [definition, modelHeader] = headersOf(deployment, route);
      batch.rows.forEach(({ record, vector }, row) => {
        const id = formatPosition(record.partition, record.offset);
        round.emit({
          topic: handler.predictions,
          partition: record.partition,
          key: record.key,
          value: renderPrediction(vector, deployment, route, scores[row]!, id),
          shared: template.shared(round.controlHeader, definition, modelHeader),
          headers: template.own(id, vector.event_time, [HEADERS.sourceCrc, checksumOf(record.value)]),
          source: record.offset,
          k: 0,
        });
      });
      handler.status.served(
        handler.deployment,
        route,
        batch.rows.map(({ record }) => record.timestamp),
      );
    },
  };
};

interface Batch {
  readonly rows: readonly { readonly record: LogRecord; readonly vector: Vector }[];
  readonly matrix: Float32Array;
}

/** Decodes all vectors of a round; one that breaks its contract goes to dead letters and takes no row. */
const rowsOf = (round: Round<null, Deployments>, route: RouteFact): Batch => {
  const width = route.features.length;
  const total = round.slices.reduce((sum, { records }) => sum + records.length, 0);
  const matrix = new Float32Array(total * width);
  const rows: { record: LogRecord; vector: Vector }[] = [];
  for (const { records } of round.slices) {
    for (const record of records) {
      try {
        const vector = parseVector(record.value);
        fillRow(vector, route, matrix, rows.length);
        rows.push({ record, vector });
      } catch (error) {
        if (!(error instanceof ContractViolation))
          throw new RecordFailure(record.partition, record.offset, error);
        round.deadLetter(record, error.code, error.message);
      }
    }
  }
  return { rows, matrix: matrix.subarray(0, rows.length * width) };
};

/** The headers that name model and definition: shared buffers, built once for each route. */
const routeHeaders = (): ((
  deployment: DeploymentFact,
  route: RouteFact,
) => readonly [EnvelopeHeader, EnvelopeHeader]) => {
  const built = new WeakMap<RouteFact, readonly [EnvelopeHeader, EnvelopeHeader]>();
  return (deployment, route) => {
    let headers = built.get(route);
    if (!headers) {
      headers = [
        [HEADERS.definition, `${route.revision}=${route.definition}`],
        [HEADERS.model, `${deployment.model}@${route.version}=${route.artifact}`],
      ];
      built.set(route, headers);
    }
    return headers;
  };
};
