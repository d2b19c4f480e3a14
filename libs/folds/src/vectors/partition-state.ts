import type { FeatureState } from '#features';
import type { ServiceRevision } from './services';

/** What one partition remembers: for each revision, by the digest of its definition, the fold of all events so far. */
export class PartitionState {
  readonly parts = new Map<string, FeatureState>();

  /** Begins with the fold of no event where there is nothing yet. */
  of({ digest, engine }: ServiceRevision): FeatureState {
    let state = this.parts.get(digest);
    if (!state) this.parts.set(digest, (state = engine.createState()));
    return state;
  }
}
