import { ArtifactFolders } from './artifact-folders';
import type { FactOf, TrackingFact } from './facts';
import { LoggedModels } from './logged-models';
import { Names } from './names';
import type { Outcome } from './outcome';
import { Runs } from './runs';

/**
 * `registry.tracking`, folded in memory. It is updated in place, by facts alone: nothing here reads a clock. Facts of one partition are
 * applied in their order; how partitions interleave changes nothing, because each part below is written from one partition.
 */
export class TrackingState {
  readonly names = new Names();
  readonly runs = new Runs();
  readonly loggedModels = new LoggedModels();
  readonly folders = new ArtifactFolders();

  apply(fact: TrackingFact): Outcome {
    switch (fact.type) {
      case 'experiment-created':
        return this.names.createExperiment(fact.value);
      case 'experiment-changed':
        return this.names.changeExperiment(fact.value);
      case 'model-created':
        return this.names.createModel(fact.value);
      case 'model-changed':
        return this.names.changeModel(fact.value);
      case 'version-created':
        return this.names.createVersion(fact.value);
      case 'version-changed':
        return this.names.changeVersion(fact.value);
      case 'run-created':
        return this.runs.create(fact.value);
      case 'run-changed':
        return this.runs.change(fact.value);
      case 'batch-logged':
        return this.logBatch(fact.value);
      case 'logged-model-created':
        return this.loggedModels.create(fact.value);
      case 'logged-model-changed':
        return this.loggedModels.change(fact.value);
      case 'artifact-logged':
        return this.folders.put(fact.value);
      case 'artifact-deleted':
        return this.folders.remove(fact.value);
    }
  }

  private logBatch(batch: FactOf<'batch-logged'>): Outcome {
    const outcome = this.runs.log(batch);
    if (!outcome.refusal) this.loggedModels.measure(batch);
    return outcome;
  }

  /** Everything that it holds, for a comparison with another one. */
  *rows(): Generator<readonly [key: string, value: unknown]> {
    yield* this.names.rows();
    yield* this.runs.rows();
    yield* this.loggedModels.rows();
    yield* this.folders.rows();
  }
}
