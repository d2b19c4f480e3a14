import {
  EnvelopeTemplate,
  HEADERS,
  PredictionMade,
  TOPICS,
  championOf,
  compileVectorReader,
  parseVector,
  type DeploymentFact,
  type Deployments,
  type EnvelopeHeader,
  type RouteFact,
  type VectorHead,
  type VectorReader,
} from '#contracts';
import { RecordFailure, checksumOf, type Fold, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, Defect, formatPosition } from '#kernel';
import { compilePrediction, type Scores } from './prediction';
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
      if (!deployment || !championOf(deployment))
        throw new Defect(
          `deployment ${handler.deployment} has no champion at position ${round.controlPosition}`,
        );
      const rows = rowsOf(round, [deployment, ...(deployment.before ?? [])], partsOf);
      const batches = [...new Set(rows.map(({ batch }) => batch))];
      for (const batch of batches) {
        const model = await handler.shelf.get(batch.parts.route);
        batch.scores = {
          values: await model.score(batch.matrix.subarray(0, batch.rows * batch.width)),
          width: model.outputs,
        };
        const { definition, modelHeader } = batch.parts;
        batch.shared = template.shared(round.controlHeader, definition, modelHeader);
      }
      for (const { record, head, batch, row } of rows) {
        const id = formatPosition(record.partition, record.offset);
        round.emit({
          topic: handler.predictions,
          partition: record.partition,
          key: record.key,
          value: batch.parts.render(head, batch.scores, row, id),
          shared: batch.shared,
          headers: template.own(id, head.eventTime, [HEADERS.sourceCrc, checksumOf(record.value)]),
          source: record.offset,
          k: 0,
        });
      }
      for (const batch of batches)
        handler.served?.(
          batch.parts.route,
          rows.filter((row) => row.batch === batch).map(({ record }) => record.timestamp),
        );
    },
  };
};

const NO_SCORES: Scores = { values: [], width: 1 };

/** Vectors of a round that one model answers. */
interface Batch {
  readonly parts: RouteParts;
  readonly width: number;
  readonly matrix: Float32Array;
  rows: number;
  scores: Scores;
  shared: readonly EnvelopeHeader[];
}

interface Row {
  readonly record: LogRecord;
  readonly head: VectorHead;
  readonly batch: Batch;
  /** In its batch. */
  readonly row: number;
}

/**
 * Reads all vectors of a round for the first of the deployments whose revision they carry; one that breaks its contract goes to dead
 * letters and takes no row. Nearly always there is one batch: a second one only while vectors come that were made before a revision.
 */
const rowsOf = (
  round: Round<null, Deployments>,
  deployments: readonly DeploymentFact[],
  partsOf: (deployment: DeploymentFact, route: RouteFact) => RouteParts,
): Row[] => {
  const total = round.slices.reduce((sum, { records }) => sum + records.length, 0);
  const batches: Batch[] = [];
  const batchOf = (i: number): Batch => {
    const route = championOf(deployments[i])!;
    const width = route.features.length;
    const parts = partsOf(deployments[i]!, route);
    return (batches[i] ??= {
      parts,
      width,
      matrix: new Float32Array(total * width),
      rows: 0,
      scores: NO_SCORES,
      shared: [],
    });
  };
  const read = (record: LogRecord, i: number): Row => {
    const batch = batchOf(i);
    const head = batch.parts.vectors.read(record.value, batch.matrix, batch.rows);
    return { record, head, batch, row: batch.rows++ };
  };
  const rows: Row[] = [];
  for (const { records } of round.slices) {
    for (const record of records) {
      try {
        rows.push(read(record, 0));
      } catch (error) {
        if (!(error instanceof ContractViolation))
          throw new RecordFailure(record.partition, record.offset, error);
        const earlier = deployments.length > 1 ? carriedOf(record, deployments) : 0;
        if (earlier > 0) rows.push(read(record, earlier));
        else round.deadLetter(record, error.code, error.message);
      }
    }
  }
  return rows;
};

/** The first deployment whose revision the vector carries; 0 where none does, or the vector is broken in another way. */
const carriedOf = ({ value }: LogRecord, deployments: readonly DeploymentFact[]): number => {
  try {
    const { values } = parseVector(value);
    const found = deployments.findIndex((deployment) => {
      const { revision, features } = championOf(deployment)!;
      return values[revision]?.length === features.length;
    });
    return values[championOf(deployments[0])!.revision] ? 0 : Math.max(0, found);
  } catch {
    return 0;
  }
};

interface RouteParts {
  readonly route: RouteFact;
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
        route,
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
