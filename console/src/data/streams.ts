/** What the doors of ingestion and monitoring answer about streams. */

export interface StreamSummary {
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  readonly key: string;
  readonly id: string;
  readonly time: string;
  readonly partitions: number;
  readonly fields: unknown;
}

/** `GET /v1/streams/:stream` of ingestion. */
export interface StreamDetail extends StreamSummary {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly counts: { readonly inbox: number; readonly observations: number; readonly rejections: number };
  readonly rejectionsSinceStart: Readonly<Record<string, number>>;
  readonly watermarks: Readonly<Record<string, string>>;
}

export interface Rejection {
  readonly position: string;
  readonly rejectedAt: string;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  /** Base64 of what was sent. */
  readonly raw: string;
  readonly origin: string;
}

/** `GET /v1/streams/:stream/rejections` of monitoring. */
export interface Rejections {
  readonly stream: string;
  readonly total: number;
  readonly rejections: readonly Rejection[];
}
