import type { ArtifactStore } from '#artifacts';
import type { DatasetBuilt, EventOf, TrainingRequested } from '#contracts';
import type { SplitRule } from '#features';
import { Refused, canonicalJson, type CanonicalValue, type Digest } from '#kernel';
import type { OffsetRange } from './read-to-cut';
import type { TriggerRange } from './read-vectors';

export type TrainingRequest = EventOf<typeof TrainingRequested>;
export type Dataset = EventOf<typeof DatasetBuilt>;

/** Where values come from: the logged vectors, or the observations folded again. */
export type DatasetSource = Dataset['source'];

/** Everything that is needed to build a data set again: law L6. Nothing in it depends on when or where it was built. */
export interface DatasetManifest {
  readonly version: 2;
  readonly run: string;
  readonly model: string;
  /** Digest of the model definition. */
  readonly definition: string;
  readonly service: TrainingRequest['service'];
  /** Version of the feature engine. */
  readonly engine: number;
  readonly label: TrainingRequest['label'];
  /** Rows without a label are in it, with none: for what learns without labels. */
  readonly unlabelled?: 'kept';
  readonly split: TrainingRequest['split'];
  /** Fields of the trigger's events that stand beside the features, as texts. */
  readonly fields?: readonly string[];
  readonly as_of?: string;
  /** Vectors and labels that were read. */
  readonly cut: readonly OffsetRange[];
  /** Maturity counts back from here. */
  readonly cut_time: string;
  /** The observations behind the vectors: enough to fold them again without these. */
  readonly triggers: readonly TriggerRange[];
  readonly source: DatasetSource;
  readonly order: 'trigger partition, offset';
  /** Of the canonical rows. */
  readonly digest: Digest;
  readonly counts: {
    readonly vectors: number;
    readonly labels: number;
    readonly rows: number;
    readonly immature: number;
    readonly unlabelled: number;
    readonly withdrawn: number;
    readonly corrected: number;
    /** In neither part: the gap of a split by time, and what is older than its history. */
    readonly removed: number;
  };
  readonly files: {
    readonly format: 'parquet';
    /** Another version of it may write the same rows in other bytes. */
    readonly writer: string;
    readonly threads: 1;
  };
  readonly train: Dataset['train'];
  readonly holdout: Dataset['holdout'];
}

export const writeManifest = (manifest: DatasetManifest): Buffer =>
  Buffer.from(canonicalJson(manifest as unknown as CanonicalValue));

/** The store refuses bytes that do not have the digest; what is no manifest of this version is refused here. */
export const readManifest = async (
  artifacts: Pick<ArtifactStore, 'get'>,
  digest: Digest,
): Promise<DatasetManifest> => {
  const bytes = await artifacts.get(digest);
  let manifest: Partial<DatasetManifest> | null = null;
  try {
    manifest = JSON.parse(bytes.toString()) as Partial<DatasetManifest> | null;
  } catch {
    // Refused below.
  }
  if (manifest?.version !== 2 || !manifest.triggers)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `artifact ${digest} is no manifest of a data set that can be built again; \`./playhead datasets list\` names them`,
    );
  return manifest as DatasetManifest;
};

/** What is not said is not there: digests of rows cover the rule. */
export const splitRuleOf = ({ history_ms, ...split }: TrainingRequest['split']): SplitRule => ({
  ...(split.by === 'time' ? { by: 'time', holdoutMs: split.holdout_ms, gapMs: split.gap_ms } : split),
  ...(history_ms === undefined ? {} : { historyMs: history_ms }),
});
