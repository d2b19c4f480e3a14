import type { EventOf, WindowProfiled } from '#contracts';
import {
  WindowProfile,
  reconstruction,
  type Bins,
  type ReferenceProfile,
  type WindowProfileData,
} from '#drift';
import { ExactMoments } from '#kernel';
import { slicedFields, watchedFeatures, type Watch } from '../watch';
import { extended, isoWindow, type EventWindow, type Watched } from '../event-window';
import { EstimatePart, type StoredEstimate } from './estimate-part';
import { RepeatedRows, type StoredRepeats } from './repeated-rows';
import { SliceCounts, type StoredSliceCounts } from './slice-counts';

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
  /** Of entity and moment, 32 bits, where the monitor watches for duplicates. */
  readonly identity?: number;
  /** In the order of `slicedFields` of the monitor. */
  readonly slices?: readonly string[];
}

export interface StoredProfilePart {
  readonly watched: Watched;
  readonly watch: Watch;
  readonly features: readonly (readonly [Bins, WindowProfileData])[];
  readonly score: readonly [Bins, WindowProfileData] | null;
  readonly counts: ProfileCounts;
  readonly reconstruction?: ReturnType<ExactMoments['parts']>;
  readonly repeats?: StoredRepeats;
  readonly estimate?: StoredEstimate;
  readonly slices?: StoredSliceCounts;
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

/** Beside the columns, what the monitor asks for. */
interface Extras {
  readonly reconstruction?: ExactMoments;
  readonly repeats?: RepeatedRows;
  readonly estimate?: EstimatePart;
  readonly slices?: SliceCounts;
}

/** What the rows of one partition in one window look like, counted by the bins of the version's reference. */
export class ProfilePart {
  private readonly indexes: readonly number[];
  private reconstruct: ((row: ArrayLike<number | null>) => number) | undefined;
  private range: EventWindow;

  private constructor(
    private readonly began: Watched,
    readonly watch: Watch,
    private readonly features: readonly WindowProfile[],
    private readonly score: WindowProfile | null,
    private readonly counts: ProfileCounts,
    private readonly extras: Extras,
  ) {
    this.range = began.window;
    this.indexes = watchedFeatures(watch.features, watch.monitor);
  }

  /** Without a reference only predictions and decisions are counted. */
  static begin(watched: Watched, watch: Watch, reference: ReferenceProfile | undefined): ProfilePart {
    const { monitor } = watch;
    const features = reference
      ? watchedFeatures(watch.features, monitor).map((i) => new WindowProfile(reference.features[i]!.bins))
      : [];
    const score = reference ? new WindowProfile(reference.score.bins) : null;
    const counts = { predictions: 0, decided: 0, positives: 0, routes: {}, from: Infinity, to: 0 };
    const fields = slicedFields(monitor);
    const extras: Extras = {
      ...(monitor?.drift.multivariate && reference?.pca && { reconstruction: new ExactMoments() }),
      ...(monitor?.quality?.duplicates !== undefined && { repeats: new RepeatedRows() }),
      ...(reference && monitor?.estimate && { estimate: new EstimatePart(monitor.estimate) }),
      ...(fields.length > 0 && { slices: SliceCounts.of(fields) }),
    };
    return new ProfilePart(watched, watch, features, score, counts, extras);
  }

  /** The window of a part of a window by count is that of its rows. */
  get watched(): Watched {
    return this.began.chunk === undefined ? this.began : { ...this.began, window: this.range };
  }

  get predictions(): number {
    return this.counts.predictions;
  }

  /** `reference`: that of the watch, always the same. */
  observe(row: ScoredRow, reference: ReferenceProfile | undefined): void {
    const { offset, time, score, decision, route, values, identity, slices } = row;
    const { counts, features, indexes, extras } = this;
    counts.predictions++;
    if (decision !== undefined) counts.decided++;
    if (decision === true) counts.positives++;
    counts.routes[route] = (counts.routes[route] ?? 0) + 1;
    counts.from = Math.min(counts.from, offset);
    counts.to = Math.max(counts.to, offset + 1);
    if (this.began.chunk !== undefined) this.range = extended(this.range, time);
    for (let i = 0; i < features.length; i++) features[i]!.observe(values[indexes[i]!] ?? null);
    this.score?.observe(score);
    // Float32 as in `WindowProfile`: its square is an exact double.
    if (extras.reconstruction && reference?.pca) {
      this.reconstruct ??= reconstruction(reference.pca);
      extras.reconstruction.add(Math.fround(this.reconstruct(values)));
    }
    if (extras.estimate && reference) extras.estimate.observe(row, reference);
    if (extras.repeats && identity !== undefined) extras.repeats.observe(identity);
    if (extras.slices && slices) extras.slices.observe(slices, decision);
  }

  toFact(topic: string, partition: number): EventOf<typeof WindowProfiled> {
    const { watch, counts, extras } = this;
    const { window, chunk } = this.watched;
    const estimate = extras.estimate?.toJSON();
    return {
      deployment: watch.deployment,
      version: watch.version,
      threshold: watch.threshold,
      window: isoWindow(window),
      ...(chunk !== undefined && { chunk }),
      model: watch.model,
      task: watch.task,
      profile: watch.profile,
      ...(watch.monitor && { monitor: watch.monitor }),
      maturity_ms: watch.maturityMs,
      predictions: counts.predictions,
      decided: counts.decided,
      positives: counts.positives,
      routes: counts.routes,
      features: this.features.map(columnFact),
      score: this.score && columnFact(this.score),
      ...(extras.reconstruction && { reconstruction: momentsFact(extras.reconstruction) }),
      ...(extras.repeats && { repeats: extras.repeats.toJSON() }),
      ...(estimate && { estimate: { ...estimate } }),
      ...(extras.slices && { slices: extras.slices.told() }),
      span: { topic, partition, from: counts.from, to: counts.to },
    };
  }

  toJSON(): StoredProfilePart {
    const stored = (profile: WindowProfile): [Bins, WindowProfileData] => [profile.bins, profile.toJSON()];
    const { watched, watch, features, score, counts, extras } = this;
    const estimate = extras.estimate?.toJSON();
    return {
      watched,
      watch,
      features: features.map(stored),
      score: score && stored(score),
      counts,
      ...(extras.reconstruction && { reconstruction: extras.reconstruction.parts() }),
      ...(extras.repeats && { repeats: extras.repeats.toJSON() }),
      ...(estimate && { estimate }),
      ...(extras.slices && { slices: extras.slices.toJSON() as StoredSliceCounts }),
    };
  }

  static fromJSON(stored: StoredProfilePart): ProfilePart {
    const { watched, watch, features, score, counts } = stored;
    const { reconstruction, repeats, estimate, slices } = stored;
    const profile = ([bins, data]: readonly [Bins, WindowProfileData]): WindowProfile =>
      WindowProfile.fromJSON(bins, data);
    return new ProfilePart(
      watched,
      watch,
      features.map(profile),
      score && profile(score),
      { ...counts, routes: { ...counts.routes } },
      {
        ...(reconstruction && { reconstruction: ExactMoments.fromParts(reconstruction) }),
        ...(repeats && { repeats: RepeatedRows.fromJSON(repeats) }),
        ...(watch.monitor?.estimate && { estimate: new EstimatePart(watch.monitor.estimate, estimate) }),
        ...(slices && { slices: SliceCounts.fromJSON(slices) }),
      },
    );
  }
}

type ProfiledFact = EventOf<typeof WindowProfiled>;

const columnFact = (profile: WindowProfile): ProfiledFact['features'][number] => {
  const { counts, sum, squares, ...rest } = profile.toJSON();
  return { ...rest, counts: [...counts], sum: [...sum], squares: [...squares] };
};

const momentsFact = (moments: ExactMoments): NonNullable<ProfiledFact['reconstruction']> => {
  const { count, sum, squares } = moments.parts();
  return { rows: count, sum: [...sum], squares: [...squares] };
};
