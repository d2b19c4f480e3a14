import type { EventOf, WindowProfiled } from '#contracts';
import { WindowProfile, type Bins, type ReferenceProfile, type WindowProfileData } from '#drift';
import type { Watch } from '../watch';
import { isoWindow, type Watched } from '../event-window';

/** A prediction together with the vector that it was made from. */
export interface ScoredRow {
  /** Offset of the prediction. */
  readonly offset: number;
  /** Event time, epoch ms. */
  readonly time: number;
  readonly score: number | null;
  readonly decision: boolean | undefined;
  readonly route: string;
  /** The values that the version read, in its order; null or NaN where there is none. */
  readonly values: ArrayLike<number | null>;
}

export interface StoredProfilePart {
  readonly watched: Watched;
  readonly watch: Watch;
  readonly features: readonly (readonly [Bins, WindowProfileData])[];
  readonly score: readonly [Bins, WindowProfileData] | null;
  readonly counts: ProfileCounts;
}

interface ProfileCounts {
  predictions: number;
  decided: number;
  positives: number;
  routes: Record<string, number>;
  /** Lowest offset, and one past the highest. */
  from: number;
  to: number;
}

/** What the rows of one partition in one window look like, counted by the bins of the version's reference. */
export class ProfilePart {
  private constructor(
    readonly watched: Watched,
    readonly watch: Watch,
    private readonly features: readonly WindowProfile[],
    private readonly score: WindowProfile | null,
    private readonly counts: ProfileCounts,
  ) {}

  /** Without a reference only predictions and decisions are counted. */
  static begin(watched: Watched, watch: Watch, reference: ReferenceProfile | undefined): ProfilePart {
    const features = (reference?.features ?? []).map(({ bins }) => new WindowProfile(bins));
    const score = reference ? new WindowProfile(reference.score.bins) : null;
    const counts = { predictions: 0, decided: 0, positives: 0, routes: {}, from: Infinity, to: 0 };
    return new ProfilePart(watched, watch, features, score, counts);
  }

  observe({ offset, score, decision, route, values }: ScoredRow): void {
    const { counts, features } = this;
    counts.predictions++;
    if (decision !== undefined) counts.decided++;
    if (decision === true) counts.positives++;
    counts.routes[route] = (counts.routes[route] ?? 0) + 1;
    counts.from = Math.min(counts.from, offset);
    counts.to = Math.max(counts.to, offset + 1);
    for (let i = 0; i < features.length; i++) features[i]!.observe(values[i] ?? null);
    this.score?.observe(score);
  }

  toFact(topic: string, partition: number): EventOf<typeof WindowProfiled> {
    const { watch, counts } = this;
    return {
      deployment: watch.deployment,
      version: watch.version,
      threshold: watch.threshold,
      window: isoWindow(this.watched.window),
      model: watch.model,
      task: watch.task,
      profile: watch.profile,
      drift_threshold: watch.driftThreshold,
      maturity_ms: watch.maturityMs,
      predictions: counts.predictions,
      decided: counts.decided,
      positives: counts.positives,
      routes: counts.routes,
      features: this.features.map(columnFact),
      score: this.score && columnFact(this.score),
      span: { topic, partition, from: counts.from, to: counts.to },
    };
  }

  toJSON(): StoredProfilePart {
    const stored = (profile: WindowProfile): [Bins, WindowProfileData] => [profile.bins, profile.toJSON()];
    const { watched, watch, features, score, counts } = this;
    return { watched, watch, features: features.map(stored), score: score && stored(score), counts };
  }

  static fromJSON({ watched, watch, features, score, counts }: StoredProfilePart): ProfilePart {
    const profile = ([bins, stored]: readonly [Bins, WindowProfileData]): WindowProfile =>
      WindowProfile.fromJSON(bins, stored);
    return new ProfilePart(watched, watch, features.map(profile), score && profile(score), {
      ...counts,
      routes: { ...counts.routes },
    });
  }
}

type ColumnFact = EventOf<typeof WindowProfiled>['features'][number];

const columnFact = (profile: WindowProfile): ColumnFact => {
  const { counts, sum, squares, ...rest } = profile.toJSON();
  return { ...rest, counts: [...counts], sum: [...sum], squares: [...squares] };
};
