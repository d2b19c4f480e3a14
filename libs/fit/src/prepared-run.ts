import type { DatasetBuilt, EventOf, TrainingRequested } from '#contracts';
import type { FinishedTrial } from '#learn';

export type TrainingRequest = EventOf<typeof TrainingRequested>;
export type Dataset = EventOf<typeof DatasetBuilt>;

/** What a search came to. */
export interface Searched {
  /** The trainer as it was asked for, with its search. */
  readonly asked: TrainingRequest['trainer'];
  readonly metric: string;
  readonly best: FinishedTrial & { readonly value: number };
  /** By number. */
  readonly trials: readonly FinishedTrial[];
}

/** All that a fit needs: what was asked, and the rows that stand in the artifact store. */
export interface PreparedRun {
  readonly request: TrainingRequest;
  readonly dataset: Dataset;
  /** Where its trainer and parameters come from, if they were searched for. */
  readonly searched?: Searched;
}
