import {
  EnvelopeTemplate,
  HEADERS,
  PredictionMade,
  TOPICS,
  championOf,
  compileVectorReader,
  type DeploymentFact,
  type Deployments,
  type EnvelopeHeader,
  type RouteFact,
  type VectorHead,
  type VectorReader,
} from '#contracts';
import { RecordFailure, checksumOf, type Fold, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, Defect, formatPosition } from '#kernel';
import { compilePrediction } from './prediction';
import type { ModelShelf } from './model-shelf';

export interface VectorsHandler {
  readonly deployment: string;
  /** Full name of `serving.predictions.<deployment>`. */
  readonly predictions: string;
  /** Feature service whose vectors are read. */
  readonly service: string;
  readonly shelf: ModelShelf;
  /** Told of each batch; `appended` are the append times of its vectors. */
  readonly served?: (route: RouteFact, appended: readonly number[]) => void;
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
  const partsOf = routeParts();
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
      const { definition, modelHeader, vectors, render } = partsOf(deployment, route);
      const batch = rowsOf(round, route.features.length, vectors);
      const model = await handler.shelf.get(route);
      const scores = await model.score(batch.matrix);
      const shared = template.shared(round.controlHeader, definition, modelHeader);
      batch.rows.forEach(({ record, head }, row) => {
        const id = formatPosition(record.partition, record.offset);
        round.emit({
          topic: handler.predictions,
          partition: record.partition,
          key: record.key,
          value: render(head, scores[row]!, id),
          shared,
          headers: template.own(id, head.eventTime, [HEADERS.sourceCrc, checksumOf(record.value)]),
          source: record.offset,
          k: 0,
        });
      });
      handler.served?.(
        route,
        batch.rows.map(({ record }) => record.timestamp),
      );
    },
  };
};

interface Batch {
  readonly rows: readonly { readonly record: LogRecord; readonly head: VectorHead }[];
  readonly matrix: Float32Array;
}

/** Decodes all vectors of a round; one that breaks its contract goes to dead letters and takes no row. */
const rowsOf = (round: Round<null, Deployments>, width: number, vectors: VectorReader): Batch => {
  const total = round.slices.reduce((sum, { records }) => sum + records.length, 0);
  const matrix = new Float32Array(total * width);
  const rows: { record: LogRecord; head: VectorHead }[] = [];
  for (const { records } of round.slices) {
    for (const record of records) {
      try {
        rows.push({ record, head: vectors.read(record.value, matrix, rows.length) });
      } catch (error) {
        if (!(error instanceof ContractViolation))
          throw new RecordFailure(record.partition, record.offset, error);
        round.deadLetter(record, error.code, error.message);
      }
    }
  }
  return { rows, matrix: matrix.subarray(0, rows.length * width) };
};

interface RouteParts {
  readonly definition: EnvelopeHeader;
  readonly modelHeader: EnvelopeHeader;
  readonly vectors: VectorReader;
  readonly render: ReturnType<typeof compilePrediction>;
}

/** What depends on the deployment and its route alone, made once: the headers that name model and definition, how vectors are read and predictions written. */
const routeParts = (): ((deployment: DeploymentFact, route: RouteFact) => RouteParts) => {
  const made = new WeakMap<DeploymentFact, RouteParts>();
  return (deployment, route) => {
    let parts = made.get(deployment);
    if (!parts) {
      parts = {
        definition: [HEADERS.definition, `${route.revision}=${route.definition}`],
        modelHeader: [HEADERS.model, `${deployment.model}@${route.version}=${route.artifact}`],
        vectors: compileVectorReader(route),
        render: compilePrediction(deployment, route),
      };
      made.set(deployment, parts);
    }
    return parts;
  };
};
