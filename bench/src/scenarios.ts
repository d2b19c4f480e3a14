import type { Scenario } from './scenario';
import { pipeline } from './scenarios/pipeline';
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
];
