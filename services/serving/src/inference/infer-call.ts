import type { OutputName } from '#inference';
import type { LaneCall } from './lane';
import type { ServedModel } from './served-models';

/** A request to score rows, as every door hands it to the desk: decoded, no longer of any protocol. */
export interface InferCall extends LaneCall {
  /** `<deployment>`, or `model.<name>` for a model by its own name. */
  readonly model: string;
  /** A version of that model; absent: whoever answers for the name. */
  readonly version?: string;
  /** As the caller said; it comes back with the answer. */
  readonly id?: string;
  /** Entity that decides the route (the request parameter `entity`); absent: the id. */
  readonly key?: string;
  /** The event that the row was made of, as it was sent (predict). */
  readonly event?: Readonly<Record<string, unknown>>;
  /** Position of the vector that the row was looked up in (predict). */
  readonly vector?: string;
  readonly protocol: 'rest-v2' | 'rest-v1' | 'grpc' | 'predict';
  /** W3C trace context. */
  readonly traceparent?: string;
  /** What it took to decode it, ms; for statistics. */
  readonly inputMs?: number;
}

export interface InferAnswer {
  /** The name that was asked. */
  readonly model: string;
  readonly version: string;
  /** As in the deployment; `version` or `model` where the caller chose. */
  readonly route: string;
  /** The caller's; else one made here where the answer is logged or its route depends on it; else undefined. */
  readonly id: string | undefined;
  readonly rows: number;
  /** Numbers for each row. */
  readonly width: number;
  readonly outputName: OutputName;
  /** [rows, width] row after row. */
  readonly values: Float32Array;
  readonly served: ServedModel;
}
