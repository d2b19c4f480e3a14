import { readFileSync } from 'node:fs';
import { sourcePositionOf } from '#contracts';
import { SeenPositions, type LogRecord, type PartitionEnds } from '#eventlog';
import { compileService, type FeatureEvent, type FeatureValues } from '#features';
import { loadModel, toMatrix, type OnnxModel } from '#inference';
import { formatPosition } from '#kernel';
import { ROAD, type Stage } from '../stage/stage';
import {
  judgePartition,
  judgeRoad,
  type Expected,
  type Hop,
  type PartitionJudgement,
  type RoadJudgement,
} from './road-judge';

/** Folds all observations once more with the feature engine alone, scores with the model alone, and compares what came since then. */
export const auditRoad = async (
  stage: Stage,
  before: Readonly<Record<Hop, readonly PartitionEnds[]>>,
  events: number,
): Promise<RoadJudgement> => {
  const model = await loadModel(readFileSync(stage.modelFile));
  const partitions: PartitionJudgement[] = [];
  try {
    // One after the other: their records at once would be too much for a small machine.
    for (const { partition, end } of before.observations) {
      const read = (hop: Hop): Promise<LogRecord[]> =>
        recordsOf(stage, ROAD[hop], partition, before[hop][partition]!.end);
      const road = {
        observations: await read('observations'),
        vectors: await read('vectors'),
        predictions: await read('predictions'),
      };
      partitions.push(judgePartition(road, await rescore(model, await refold(stage, partition, end))));
    }
  } finally {
    await model.close();
  }
  return judgeRoad(partitions, events);
};

const recordsOf = async (
  stage: Stage,
  topic: string,
  partition: number,
  from: number,
): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for await (const record of stage.records(topic, partition, from)) records.push(record);
  return records;
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

const rescore = async (
  model: OnnxModel,
  values: ReadonlyMap<string, FeatureValues>,
): Promise<Map<string, Expected>> => {
  const scores = await model.score(toMatrix([...values.values()], model.featureCount));
  return new Map([...values].map(([position, each], i) => [position, { values: each, score: scores[i]! }]));
};
