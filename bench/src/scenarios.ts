import { bits } from '../serving/src/bits';
import { doors } from '../serving/src/doors';
import { swaps } from '../serving/src/swaps';
import { topics } from '../serving/src/topics';
import type { Scenario } from './scenario';
import { ceiling, codec, features, idle } from './scenarios/parts';
import { drift } from './scenarios/drift';
import { elec2 } from './scenarios/elec2';
import { latency } from './scenarios/latency';
import { learn } from './scenarios/learn';
import { pipeline } from './scenarios/pipeline';
import { recovery } from './scenarios/recovery';
import { replay } from './scenarios/replay';
import { services } from './scenarios/services';

/** What `playhead bench` can measure. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'pipeline',
    measures:
      'events/s from inbox to prediction through all six services, beside a Kafka Streams job and a Python loop',
    defaults: { rows: 400_000, repeats: 1 },
    run: pipeline,
  },
  {
    name: 'services',
    measures: 'ingestion, feature and serving each alone: events/s, and events/s a core',
    defaults: { rows: 150_000, repeats: 1 },
    run: services,
  },
  {
    name: 'latency',
    measures: 'ms from inbox to prediction at 1,000 events/s, open loop: p50, p99, max',
    defaults: { rows: 30_000, repeats: 1 },
    run: latency,
  },
  {
    name: 'recovery',
    measures:
      'kill -9 of ingestion, feature and serving at full speed: seconds to flow again, duplicates, wrong values',
    defaults: { rows: 300_000, repeats: 1 },
    run: recovery,
  },
  {
    name: 'replay',
    measures:
      'a stretch through all six services, then `replay verify` of the same stretch: events/s, and the ratio',
    defaults: { rows: 400_000, repeats: 1 },
    run: replay,
  },
  {
    name: 'ceiling',
    measures: "records/s of the broker's own perf tools, beside the log adapter",
    defaults: { rows: 500_000, repeats: 3 },
    run: ceiling,
  },
  {
    name: 'codec',
    measures: 'record codec and adapter beside kafkajs as it is: records/s and CPU a record, seven headers',
    defaults: { rows: 200_000, repeats: 3 },
    run: codec,
  },
  {
    name: 'idle',
    measures: 'CPU of three idle connections and of the services of an idle platform',
    defaults: { rows: 0, repeats: 1 },
    run: idle,
  },
  {
    name: 'features',
    measures: 'the feature engine alone over the real stream, decoded: events a CPU second, bytes, snapshots',
    defaults: { rows: 872_795, repeats: 5 },
    run: features,
  },
  {
    name: 'elec2',
    measures:
      'a drifting stream, predicted row by row: a model fitted once, fitted again, and online learners, beside "no change"',
    defaults: { rows: 45_312, repeats: 1 },
    run: elec2,
  },
  {
    name: 'learn',
    measures:
      'gradient-boosted trees beside LightGBM, XGBoost and scikit-learn on real data: quality, CPU seconds of a fit',
    defaults: { rows: 0, repeats: 1 },
    run: learn,
  },
  {
    name: 'drift',
    measures:
      'a drift report of nine columns beside Evidently, rows in each of two files: CPU seconds, memory; and counting a window',
    defaults: { rows: 800_000, repeats: 1 },
    run: drift,
  },
  {
    name: 'serving',
    measures:
      'the doors of serving beside MLServer, KServe, BentoML, FastAPI and a bare handler: requests/s, p50, p99, memory',
    defaults: { rows: 0, repeats: 3 },
    run: doors,
  },
  {
    name: 'serving-swaps',
    measures: 'the champion changes under load: failed requests, latency, memory',
    defaults: { rows: 200, repeats: 1 },
    run: swaps,
  },
  {
    name: 'serving-topics',
    measures: 'vectors to predictions, topic to topic, by serving alone: vectors/s, and vectors/s a core',
    defaults: { rows: 400_000, repeats: 1 },
    run: topics,
  },
  {
    name: 'serving-bits',
    measures: 'rows alone and in batches of 7, 32 and 1,000: how many have other bits, by kind of model',
    defaults: { rows: 7_000, repeats: 1 },
    run: bits,
  },
];
