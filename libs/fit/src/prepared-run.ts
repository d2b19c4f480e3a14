import type { DatasetBuilt, EventOf, TrainingRequested } from '#contracts';

export type TrainingRequest = EventOf<typeof TrainingRequested>;
export type Dataset = EventOf<typeof DatasetBuilt>;

/** All that a fit needs: what was asked, and the rows that stand in the artifact store. */
export interface PreparedRun {
  readonly request: TrainingRequest;
  readonly dataset: Dataset;
}
