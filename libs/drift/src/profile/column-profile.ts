import { chooseBins, type BinOptions, type Bins } from './bins';
import { WindowProfile, type WindowProfileData } from './window-profile';

/** A reference column as it is stored with a model version: what later windows are counted by and compared with. */
export interface ColumnProfile extends WindowProfileData {
  readonly bins: Bins;
}

/** The profile of a whole reference column (a feature, or the scores of the hold-out rows). */
export const profileColumn = (values: ArrayLike<number | null>, options?: BinOptions): ColumnProfile => {
  const bins = chooseBins(values, options);
  return { bins, ...WindowProfile.of(bins, values).toJSON() };
};

/** An empty window to be counted by the bins of `reference`. */
export const windowOf = (reference: ColumnProfile): WindowProfile => new WindowProfile(reference.bins);

/**
 * Profiles of parts of one reference, made with the same bins.
 * @throws Refused PLAYHEAD_DRIFT_INVALID when the bins differ.
 */
export const mergeColumnProfiles = (a: ColumnProfile, b: ColumnProfile): ColumnProfile => {
  const merged = WindowProfile.fromJSON(a.bins, a);
  merged.merge(WindowProfile.fromJSON(b.bins, b));
  return { bins: a.bins, ...merged.toJSON() };
};
