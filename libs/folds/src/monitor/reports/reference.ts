import { WindowProfile, momentsOf, type Moments, type ReferenceProfile } from '#drift';
import type { EventWindow } from '../event-window';
import type { ReferenceColumnProfile } from './judge-column';
import type { Gates } from './limits';
import type { WatchedWindow } from './watched-window';

/** What a window is compared with. */
export interface WindowReference {
  readonly kind: 'training' | 'windows';
  /** Earlier windows, the oldest first. */
  readonly windows?: readonly EventWindow[];
  readonly features: ReadonlyMap<string, ReferenceColumnProfile>;
  readonly score: ReferenceColumnProfile | null;
  /** Of the mean reconstruction errors of its chunks, and the rows of one. */
  readonly errors?: Moments & { readonly rows: number };
}

/** What the report of a window is made with. */
export interface ReportedWith {
  /** Of the version; undefined where there is none that can be read. */
  readonly profile: ReferenceProfile | undefined;
  /** Undefined where there is none, or not yet. */
  readonly reference: WindowReference | undefined;
  /** That the version passed when it was registered. */
  readonly gates: Gates;
}

export const trainingReference = (profile: ReferenceProfile): WindowReference => {
  const rows = profile.features[0]?.rows ?? 0;
  const chunks = profile.features[0]?.chunks.length ?? 0;
  return {
    kind: 'training',
    features: new Map(profile.features.map((feature) => [feature.name, feature])),
    score: profile.score,
    ...(profile.pca && { errors: { ...profile.pca.errors, rows: chunks === 0 ? rows : rows / chunks } }),
  };
};

/** Windows of one length added up; each of them is a chunk of the whole. */
export const windowsReference = (windows: readonly (readonly WatchedWindow[])[]): WindowReference => {
  const all = windows.flat();
  const names = [...new Set(all.flatMap(({ features }) => [...features.keys()]))];
  const features = names.flatMap((name) => {
    const column = addedUp(
      windows.map((group) => group.flatMap((window) => window.features.get(name) ?? [])),
    );
    return column ? [[name, column] as const] : [];
  });
  const moments = windows.flatMap((group) => {
    const [first, ...rest] = group.flatMap(({ reconstruction }) => reconstruction?.clone() ?? []);
    for (const each of rest) first!.merge(each);
    return first && first.count > 0 ? [first] : [];
  });
  const errors = momentsOf(moments.map((each) => each.mean()!));
  const rows = moments.reduce((sum, { count }) => sum + count, 0) / moments.length;
  return {
    kind: 'windows',
    windows: windows.map((group) => group[0]!.watched.window),
    features: new Map(features),
    score: addedUp(windows.map((group) => group.flatMap(({ score }) => score ?? []))) ?? null,
    ...(errors && { errors: { ...errors, rows } }),
  };
};

const addedUp = (groups: readonly (readonly WindowProfile[])[]): ReferenceColumnProfile | undefined => {
  const bins = groups.flat()[0]?.bins;
  if (!bins) return undefined;
  const whole = new WindowProfile(bins);
  const chunks = groups.flatMap((columns) => {
    const chunk = new WindowProfile(bins);
    for (const column of columns) chunk.merge(column);
    whole.merge(chunk);
    return chunk.present > 0 ? [[...chunk.counts]] : [];
  });
  return { bins, ...whole.toJSON(), chunks };
};
