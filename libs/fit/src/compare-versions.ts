import type { ArtifactStore } from '#artifacts';
import { gateMetric, type GateMeasurement } from '#contracts';
import { PlatformError, messageOf } from '#kernel';
import { compileMeasure, pairedDifferences, rowMajor, type MetricName, type Scored, type Task } from '#learn';
import { directionOf } from './evaluation';
import { isOfAllRows, type Gate } from './evaluation-metrics';
import { queryOrder, withQueries, type Part } from './part';
import type { TrainingRequest } from './prepared-run';
import { withModel } from './verify-model';

type Other = NonNullable<TrainingRequest['against']>[number];

const SAMPLES = 200;
const CONFIDENCE = 0.95;

export interface Comparison {
  readonly request: Pick<
    TrainingRequest,
    'task' | 'gates' | 'against' | 'evaluate' | 'seed' | 'query' | 'service'
  >;
  /** The new version's file. */
  readonly onnx: Uint8Array;
  readonly features: readonly string[];
  readonly holdout: Part;
  /** The same rows as other revisions of the feature service see them: columns by revision. */
  readonly others?: ReadonlyMap<string, readonly Float64Array[]>;
}

/** Whether a request asks for a comparison that can be made: then the rows of the hold-out are needed. */
export const comparesVersions = ({ gates, against = [] }: Comparison['request']): boolean =>
  gates.some((gate) => isOfAllRows(gate) && against.some(({ alias }) => alias === gate.against));

/**
 * The new version and each that a gate names, asked for the same rows of the hold-out in the same runtime: how much better (positive) or
 * worse the new one is, with the interval of the difference over the same samples. By `gateMetric`. What cannot be compared says why.
 */
export const compareVersions = async (
  artifacts: Pick<ArtifactStore, 'get'>,
  comparison: Comparison,
): Promise<Record<string, GateMeasurement>> => {
  const { request, features, onnx } = comparison;
  const { gates, against = [], task } = request;
  const order = request.task === 'ranking' ? queryOrder(comparison.holdout, features, request.query) : null;
  const ordered = (part: Part): Part => (order ? withQueries(part, order) : part);
  const part = ordered(comparison.holdout);
  let own: Promise<Scored> | undefined;
  const measured: Record<string, GateMeasurement> = {};
  for (const other of against) {
    const asked = gates.filter((gate) => gate.against === other.alias && isOfAllRows(gate));
    if (asked.length === 0) continue;
    const answers = await attempt(async () => {
      const columns = columnsOf(comparison, other);
      own ??= answersOf(onnx, task as Task, part);
      const onnxOther = await artifacts.get(other.artifact);
      const seen = ordered({ ...comparison.holdout, columns });
      return { own: await own, other: await answersOf(onnxOther, task as Task, seen) };
    });
    for (const gate of asked) {
      const found =
        'reason' in answers
          ? answers
          : await attempt(() => Promise.resolve(differenceOf(request, gate, answers.own, answers.other)));
      measured[gateMetric(gate)] = {
        ...('reason' in found ? { value: null, ...found } : found),
        version: other.version,
      };
    }
  }
  return measured;
};

/** What the other version reads, in its order: of its own revision of the feature service. */
const columnsOf = (
  { request, features, holdout, others }: Comparison,
  other: Other,
): readonly Float64Array[] => {
  const current = request.service.revision;
  if (other.revision !== current) {
    const columns = others?.get(other.revision);
    if (columns) return columns;
    throw new PlatformError(
      'PLAYHEAD_CONFLICT',
      'refuse',
      `version ${other.version} reads revision ${other.revision} of the feature service, and not every row of the hold-out has a vector of it beside revision ${current}`,
    );
  }
  return other.features.map((name) => {
    const column = holdout.columns[features.indexOf(name)];
    if (column) return column;
    throw new PlatformError(
      'PLAYHEAD_CONFLICT',
      'refuse',
      `version ${other.version} reads ${name}, which the data set does not have`,
    );
  });
};

const answersOf = (onnx: Uint8Array, task: Task, { columns, labels, groups }: Part): Promise<Scored> =>
  withModel(onnx, task, columns.length, async (model) => ({
    labels,
    scores: Float64Array.from(await model.score(rowMajor(columns))),
    outputs: model.outputs,
    ...(groups && { groups }),
  }));

const differenceOf = (
  { task, evaluate, seed }: Comparison['request'],
  { metric, threshold, k, confidence }: Gate,
  own: Scored,
  other: Scored,
): GateMeasurement => {
  const wanted = [{ metric: metric as MetricName, threshold, k }];
  const [a, b] = [own, other].map((scored) => compileMeasure(task as Task, scored, wanted));
  const ones = new Uint32Array(a!.units).fill(1);
  const direction = directionOf(metric as MetricName);
  const difference = direction * (a!.at(ones)[0]! - b!.at(ones)[0]!) + 0;
  const rows = own.labels.length;
  if (Number.isNaN(difference))
    return { value: null, rows, reason: `${metric} has no value on the ${rows} rows of the hold-out` };
  const resamples = evaluate?.bootstrap || (confidence === undefined ? 0 : SAMPLES);
  if (resamples === 0) return { value: difference, rows };
  const [interval] = pairedDifferences(a!, b!, { resamples, confidence: confidence ?? CONFIDENCE, seed });
  if (!interval) return { value: difference, rows };
  const ends = [direction * interval.low + 0, direction * interval.high + 0];
  return { value: difference, low: Math.min(...ends), high: Math.max(...ends), rows };
};

/** What cannot be compared fails its gate, not the run; a store that is away is waited for. */
const attempt = async <T>(work: () => Promise<T>): Promise<T | { readonly reason: string }> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.disposition === 'retry') throw error;
    return { reason: messageOf(error) };
  }
};
