import { TOPICS } from '#contracts';
import { loadModel } from '#inference';
import type { Findings, Workbench } from '../../src/scenario';
import { usageTable } from '../../src/scenarios/usage-table';
import { measureStretch } from '../../src/stage/stretch';
import { makeModel, sampleOf } from './model';
import { ServingStage } from './serving-stage';

const NAME = 'narrow';
const FEATURES = 9;
const QUICK_ROWS = 60_000;

/** Vectors on a topic to predictions on a topic, by serving alone; every prediction is compared with `#inference`. */
export const topics = async ({ rows, isQuick, say, env, atEnd }: Workbench): Promise<Findings> => {
  const count = isQuick ? Math.min(QUICK_ROWS, rows) : rows;
  const file = makeModel(FEATURES, 1);
  let close: (() => Promise<void>) | undefined;
  const stage = await ServingStage.open({ env, say }, (begun) => {
    close = atEnd(() => begun.close());
  });
  await stage.deploy({ name: NAME, features: FEATURES }, [file]);
  await stage.leaveOnly(['registry', 'ingestion', 'feature']);
  const sample = sampleOf(FEATURES, count, 4).rows;
  say(`computing ${count} vectors of ${FEATURES} features`);
  const first = await stage.preload(NAME, sample);
  await stage.untilFolded(NAME);
  await stage.stopServices();
  const output = TOPICS.predictions(NAME);
  const before = await stage.ends(output);
  const stretch = await measureStretch(stage, {
    first: output,
    last: output,
    count,
    start: () => stage.startServices(['serving']),
    say,
  });
  const expected = await scoresOf(file, sample);
  let wrong = 0;
  for await (const { value } of stage.since(output, before)) {
    const prediction = JSON.parse(value!.toString('utf8')) as Prediction;
    const index = Number(prediction.event_id.slice(1)) - first;
    if (prediction.output.probability !== expected[index]) wrong++;
  }
  const used = stretch.used.get('serving')?.cpuSeconds ?? Number.NaN;
  const broker = stretch.used.get('broker')?.cpuSeconds ?? Number.NaN;
  await close?.();
  const perCore = stretch.usedFor / used;
  return {
    figures: {
      vectors_per_second: stretch.rate.eventsPerSecond,
      vectors_per_cpu_second: perCore,
      broker_cpu_us_per_vector: (1e6 * broker) / stretch.usedFor,
      wrong_predictions: wrong,
    },
    tables: [
      {
        title: `serving: vectors of ${FEATURES} features to predictions, topic to topic`,
        columns: ['vectors', 'vectors/s', 'vectors/s a core', 'CPU us/vector', 'broker us/vector', 'wrong'],
        rows: [
          [
            count,
            Math.round(stretch.rate.eventsPerSecond),
            Math.round(perCore),
            (1e6 * used) / stretch.usedFor,
            (1e6 * broker) / stretch.usedFor,
            wrong,
          ],
        ],
      },
      usageTable('serving alone', stretch),
    ],
  };
};

interface Prediction {
  readonly event_id: string;
  readonly output: { readonly probability: number };
}

const scoresOf = async (file: Uint8Array, rows: readonly (readonly number[])[]): Promise<Float32Array> => {
  const model = await loadModel(file, { featureCount: FEATURES });
  try {
    return await model.score(Float32Array.from(rows.flat()));
  } finally {
    await model.close();
  }
};
