/** `GET /v1/features` of feature. */
export interface FeatureService {
  readonly name: string;
  readonly revisions: readonly FeatureRevision[];
}

export interface FeatureRevision {
  readonly revision: string;
  readonly digest: string;
  readonly phase: 'active' | 'warming';
  readonly trigger: { readonly stream: string; readonly key: string; readonly partitions: number };
  readonly features: readonly string[];
}

/** `GET /v1/services/:service/freshness` of monitoring. */
export interface Freshness {
  readonly service: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly vectors: number;
    readonly eventTime: string | null;
    readonly appendedAt: string | null;
  }[];
}
