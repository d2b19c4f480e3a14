import { readFileSync } from 'node:fs';
import { HEADERS, sourcePositionOf } from '#contracts';
import { SeenPositions, type LogRecord, type PartitionEnds } from '#eventlog';
import { compileService, type FeatureEvent, type FeatureValues } from '#features';
import { loadModel, toMatrix, type OnnxModel } from '#inference';
import { formatPosition } from '#kernel';
import { ROAD, type Stage } from '../stage/stage';

type Hop = 'observations' | 'vectors' | 'predictions';
type Counts = Record<Hop, number>;

/** What stands on the road, beside what should. */
export interface RoadAudit {
  /** Records whose `ce_id` had come before: harmless where readers drop them (law L3). */
  readonly repeated: Readonly<Counts>;
  /** Events of which more than one record remains for a reader that drops what it has seen. */
  readonly twice: Readonly<Counts>;
  readonly lost: Readonly<Counts>;
  readonly appliedTwice: number;
  readonly missing: number;
  /** Records, also repeated ones, whose numbers are not those of the refold, to the bit. */
  readonly wrongVectors: number;
  readonly wrongScores: number;
}

const zero = (): Counts => ({ observations: 0, vectors: 0, predictions: 0 });

/** Folds all observations once more with the feature engine alone, scores with the model alone, and compares. */
export const auditRoad = async (
  stage: Stage,
  before: Readonly<Record<Hop, readonly PartitionEnds[]>>,
  expected: number,
): Promise<RoadAudit> => {
  const model = await loadModel(readFileSync(stage.modelFile));
  try {
    const [repeated, twice, distinct] = [zero(), zero(), zero()];
    let wrongVectors = 0;
    let wrongScores = 0;
    for (const { partition } of before.observations) {
      const readHop = async (hop: Hop): Promise<HopRecords> => {
        const read = await readOnce(stage, ROAD[hop], partition, before[hop][partition]!.end);
        repeated[hop] += read.repeated;
        twice[hop] += read.twice;
        distinct[hop] += read.distinct;
        return read;
      };
      await readHop('observations');
      const values = await refold(stage, partition, before.observations[partition]!.end);
      const vectors = await readHop('vectors');
      wrongVectors += vectors.all.filter((record) => !agrees(record, values)).length;
      const scores = await rescore(model, values, vectors);
      const predictions = await readHop('predictions');
      wrongScores += predictions.all.filter(
        (record) => scoreIn(record) !== scores.get(sourceIn(record)),
      ).length;
    }
    const lost = zero();
    for (const hop of Object.keys(lost) as Hop[]) lost[hop] = expected - distinct[hop];
    const total = (counts: Counts): number => counts.observations + counts.vectors + counts.predictions;
    return {
      repeated,
      twice,
      lost,
      appliedTwice: total(twice),
      missing: total(lost),
      wrongVectors,
      wrongScores,
    };
  } finally {
    await model.close();
  }
};

interface HopRecords {
  /** As they stand on the wire. */
  readonly all: readonly LogRecord[];
  readonly repeated: number;
  readonly twice: number;
  readonly distinct: number;
}

const sourceIn = (record: LogRecord): string => record.headers.text(HEADERS.id)!;

const eventIdIn = (record: LogRecord): string => {
  const value = JSON.parse(record.value!.toString()) as { event_id?: string; transaction_id?: string };
  return (value.event_id ?? value.transaction_id)!;
};

const readOnce = async (
  stage: Stage,
  topic: string,
  partition: number,
  from: number,
): Promise<HopRecords> => {
  const all: LogRecord[] = [];
  const sources = new Set<string>();
  const events = new Set<string>();
  const seen = new SeenPositions();
  let repeated = 0;
  let twice = 0;
  for await (const record of stage.records(topic, partition, from)) {
    all.push(record);
    const source = sourceIn(record);
    if (sources.has(source)) repeated++;
    sources.add(source);
    if (!seen.admit('', sourcePositionOf(record.headers)!)) continue;
    const event = eventIdIn(record);
    if (events.has(event)) twice++;
    events.add(event);
  }
  return { all, repeated, twice, distinct: events.size };
};

/** By position, the values of the observations from an offset on; all before it are folded too. */
const refold = async (stage: Stage, partition: number, from: number): Promise<Map<string, FeatureValues>> => {
  const engine = compileService(stage.features.views);
  const state = engine.createState();
  const seen = new SeenPositions();
  const values = new Map<string, FeatureValues>();
  for await (const record of stage.records(ROAD.observations, partition, 0)) {
    if (!seen.admit('', sourcePositionOf(record.headers)!)) continue;
    const folded = engine.apply(state, JSON.parse(record.value!.toString()) as FeatureEvent);
    if (record.offset >= from) values.set(formatPosition(partition, record.offset), folded);
  }
  return values;
};

const agrees = (record: LogRecord, values: ReadonlyMap<string, FeatureValues>): boolean => {
  const vector = JSON.parse(record.value!.toString()) as {
    readonly values: Readonly<Record<string, FeatureValues>>;
  };
  const expected = values.get(sourceIn(record));
  const [written] = Object.values(vector.values);
  return (
    expected !== undefined &&
    written?.length === expected.length &&
    expected.every((value, i) => Object.is(value, written[i]))
  );
};

/** By the vector's position, what the model says of the refolded values. */
const rescore = async (
  model: OnnxModel,
  values: ReadonlyMap<string, FeatureValues>,
  { all }: HopRecords,
): Promise<Map<string, number>> => {
  const known = all.filter((record) => values.has(sourceIn(record)));
  const rows = known.map((record) => values.get(sourceIn(record))!);
  const scores = await model.score(toMatrix(rows, model.featureCount));
  return new Map(
    known.map(({ partition, offset }, i) => [formatPosition(partition, offset), scores[i]!] as const),
  );
};

/** A float32 stands in a prediction as its exact double. */
const scoreIn = (record: LogRecord): number | null | undefined =>
  (JSON.parse(record.value!.toString()) as { output: { probability: number | null } }).output.probability;
