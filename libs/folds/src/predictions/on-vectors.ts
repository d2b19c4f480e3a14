import {
  HEADERS,
  parseVector,
  type Deployments,
  type EnvelopeHeader,
  type EnvelopeTemplate,
  type RouteFact,
} from '#contracts';
import { RecordFailure, checksumOf, type Fold, type LogRecord, type Output, type Round } from '#eventlog';
import { ContractViolation, Defect, formatPosition } from '#kernel';
import type { ModelShelf } from './model-shelf';
import { OpenModels, type ModelFailure } from './open-models';
import type { Scores } from './prediction';
import { RouteBatch, type Row, type ServedRows } from './route-batch';
import { answerTemplates, routePlans, type RouteParts, type RoutePlan } from './route-parts';
import { routesTaken, type TakenRoutes } from './routes-taken';

export interface VectorsHandler {
  readonly deployment: string;
  /** Full name of `serving.predictions.<deployment>`; absent where only shadows are asked for. */
  readonly predictions?: string;
  /** Full name of `serving.shadows.<deployment>`; absent where no shadow is asked. */
  readonly shadows?: string;
  /** Feature service whose vectors are read. */
  readonly service: string;
  readonly shelf: Pick<ModelShelf, 'ready' | 'get'>;
  /** Awaited before the first vector under routes with a shadow. */
  readonly shadowsBegin?: () => Promise<void>;
  /** Told what each route was asked, batch by batch. */
  readonly served?: (route: RouteFact, rows: ServedRows) => void;
  /** What partitions are known to have taken, and the full name of `serving.status`; absent where nothing is told. */
  readonly taken?: { readonly topic: string; readonly known: TakenRoutes };
  /** A canary, arm or shadow whose model cannot be used; the champion answers. Absent: what cannot be read from the store is thrown. */
  readonly failing?: ModelFailure;
}

/**
 * Scores the vectors of a round, over all partitions, in one batch for each route. The fold keeps no state: a prediction depends on its vector
 * and on the deployment under the control position alone, and the same row has the same bits in whatever batch.
 *
 * The key of a vector says which route answers it. Where that route's model throws, or the vector does not carry what it reads, the champion
 * answers; where it carries what the champion of before read, that one does.
 */
export const onVectors = (handler: VectorsHandler): Fold<null, Deployments> => {
  const templates = answerTemplates(handler.service);
  const planOf = routePlans();
  const models = new OpenModels(handler.shelf, handler.failing);
  const taken = handler.taken && routesTaken(handler.deployment, handler.taken);
  return {
    name: 'predictions',
    initial: () => null,
    restore: { from: 'none' },
    total: true,
    dropSeen: true,
    prepare: async (control) => {
      const deployment = control.get(handler.deployment);
      const plan = deployment && planOf(deployment);
      if (!plan) return;
      await models.prepare(plan.deployment, routesIn(plan, handler));
      if (plan.shadow && handler.shadows !== undefined) await handler.shadowsBegin?.();
    },
    process: async (round) => {
      const deployment = round.control.get(handler.deployment);
      const plan = deployment && planOf(deployment);
      if (!plan)
        throw new Defect(
          `deployment ${handler.deployment} has no champion at position ${round.controlPosition}`,
        );
      const { rows, batches } = placed(round, plan);
      const shadow =
        handler.shadows === undefined || !plan.shadow ? undefined : shadowRows(rows, plan.shadow);
      const { predictions } = handler;
      await Promise.all([
        ...(predictions === undefined ? [] : batches.map((batch) => models.score(batch))),
        ...(shadow ? [models.score(shadow.batch)] : []),
      ]);
      const answered =
        predictions === undefined ? rows : await answeredBy(rows, plan, batches, models, round);
      if (taken) for (const output of taken(round, plan, answered)) round.emit(output);
      if (shadow) emitShadows(round, shadow, answered, handler.shadows!, templates.shadows);
      if (predictions !== undefined) emitPredictions(round, answered, predictions, templates.predictions);
      for (const batch of shadow ? [...batches, shadow.batch] : batches)
        if (batch.rows > 0) handler.served?.(batch.parts.route, batch.served());
    },
  };
};

/** Those whose models are asked. */
const routesIn = (
  { deployment, shadow }: RoutePlan,
  { predictions, shadows }: Pick<VectorsHandler, 'predictions' | 'shadows'>,
): readonly RouteFact[] =>
  deployment.routes.filter((route) => (route === shadow?.route ? shadows : predictions) !== undefined);

/** Reads all vectors of a round for the route that each is assigned to; one that nobody can read goes to dead letters and takes no row. */
const placed = (round: Round<null, Deployments>, plan: RoutePlan): Placed => {
  const total = round.slices.reduce((sum, { records }) => sum + records.length, 0);
  const place = new Places(total);
  const rows: Row[] = [];
  for (const { records } of round.slices)
    for (const record of records) {
      const row = place.first(record, plan.assigned(record.key), plan, round);
      if (row) rows.push(row);
    }
  return { rows, batches: place.batches };
};

interface Placed {
  readonly rows: readonly Row[];
  readonly batches: RouteBatch[];
}

/** The batches of a round, made as they are needed; nearly always there is one. */
class Places {
  readonly batches: RouteBatch[] = [];

  constructor(private readonly capacity: number) {}

  /** In the batch of the route, else of the first champion that can read the vector. */
  first(
    record: LogRecord,
    assigned: RouteParts,
    { champions }: RoutePlan,
    round: Round<null, Deployments>,
  ): Row | undefined {
    const [champion] = champions;
    try {
      if (assigned !== champion) {
        const row = this.at(record, assigned);
        if (row) return row;
      }
      return this.batchOf(champion).read(record);
    } catch (error) {
      if (!(error instanceof ContractViolation))
        throw new RecordFailure(record.partition, record.offset, error);
      if (champions.length > 1 && !carries(record, champion))
        for (const earlier of champions.slice(1)) {
          const row = this.at(record, earlier);
          if (row) return row;
        }
      round.deadLetter(record, error.code, error.message);
      return undefined;
    }
  }

  /** Undefined where the vector does not carry what the route reads, or breaks its contract in another way. */
  private at(record: LogRecord, parts: RouteParts): Row | undefined {
    try {
      return this.batchOf(parts).read(record);
    } catch (error) {
      if (error instanceof ContractViolation) return undefined;
      throw new RecordFailure(record.partition, record.offset, error);
    }
  }

  private batchOf(parts: RouteParts): RouteBatch {
    let batch = this.batches.find((known) => known.parts === parts);
    if (!batch) this.batches.push((batch = new RouteBatch(parts, this.capacity)));
    return batch;
  }
}

/** Whether a vector has values in the revision that a route reads, however many. */
const carries = ({ value }: LogRecord, { route }: RouteParts): boolean => {
  try {
    return parseVector(value).values[route.revision] !== undefined;
  } catch {
    return true;
  }
};

/** Rows with an answer: those that their route threw for are scored by a champion. Their batches join `batches`. */
const answeredBy = async (
  rows: readonly Row[],
  plan: RoutePlan,
  batches: RouteBatch[],
  models: OpenModels,
  round: Round<null, Deployments>,
): Promise<readonly Row[]> => {
  const thrown = batches.reduce((sum, { scores }) => sum + scores.thrown.size, 0);
  if (thrown === 0) return rows;
  const place = new Places(thrown);
  const answered: Row[] = [];
  for (const row of rows) {
    const kept = row.batch.scores.thrown.has(row.row)
      ? place.first(row.record, plan.champions[0], plan, round)
      : row;
    if (kept) answered.push(kept);
  }
  await Promise.all(place.batches.map((batch) => models.score(batch)));
  batches.push(...place.batches);
  return answered;
};

/** What the shadow is asked: the same vectors, each once. */
interface ShadowRows {
  readonly batch: RouteBatch;
  /** By the vector; absent where it does not carry what the shadow reads. */
  readonly rowOf: ReadonlyMap<LogRecord, number>;
}

const shadowRows = (rows: readonly Row[], parts: RouteParts): ShadowRows => {
  const batch = new RouteBatch(parts, rows.length);
  const rowOf = new Map<LogRecord, number>();
  for (const row of rows) {
    const at = batch.beside(row);
    if (at >= 0) rowOf.set(row.record, at);
  }
  return { batch, rowOf };
};

/** Of a shadow that read nothing. */
const NOTHING: Scores = { values: [Number.NaN], width: 1 };

const emitShadows = (
  round: Round<null, Deployments>,
  { batch, rowOf }: ShadowRows,
  answered: readonly Row[],
  topic: string,
  template: EnvelopeTemplate,
): void => {
  const { parts, scores } = batch;
  const shared = sharedOf(template, round, parts);
  for (const { record, head } of answered) {
    const row = rowOf.get(record);
    const id = formatPosition(record.partition, record.offset);
    const value =
      row === undefined ? parts.render(head, NOTHING, 0, id) : parts.render(head, scores, row, id);
    round.emit(outputOf(topic, record, value, shared, template.own(id, head.eventTime, crcOf(record))));
  }
};

const emitPredictions = (
  round: Round<null, Deployments>,
  answered: readonly Row[],
  topic: string,
  template: EnvelopeTemplate,
): void => {
  const shared = new Map<RouteBatch, readonly EnvelopeHeader[]>();
  for (const { record, head, batch, row } of answered) {
    let common = shared.get(batch);
    if (!common) shared.set(batch, (common = sharedOf(template, round, batch.parts)));
    const id = formatPosition(record.partition, record.offset);
    const value = batch.parts.render(head, batch.scores, row, id);
    round.emit(outputOf(topic, record, value, common, template.own(id, head.eventTime, crcOf(record))));
  }
};

const sharedOf = (
  template: EnvelopeTemplate,
  { controlHeader }: Round<null, Deployments>,
  { definition, modelHeader }: RouteParts,
): readonly EnvelopeHeader[] => template.shared(controlHeader, definition, modelHeader);

const crcOf = ({ value }: LogRecord): EnvelopeHeader => [HEADERS.sourceCrc, checksumOf(value)];

const outputOf = (
  topic: string,
  { partition, key, offset }: LogRecord,
  value: string,
  shared: readonly EnvelopeHeader[],
  headers: readonly EnvelopeHeader[],
): Output => ({ topic, partition, key, value, shared, headers, source: offset, k: 0 });
