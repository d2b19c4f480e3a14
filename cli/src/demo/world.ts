import type { Actors } from './actors';

/** One thing that happens: an event on its way into a stream's inbox, at a moment of event time (epoch ms). */
export interface Occurrence {
  readonly stream: string;
  readonly time: number;
  readonly event: object;
}

/** What is streamed, in event-time order, with the span that the trigger's events cover. */
export interface Source {
  /** Events of the trigger stream. */
  readonly rows: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** An asynchronous one may wait for what the platform says of what it gave before: that is sent meanwhile. */
  occurrences(actors: Actors): Iterable<Occurrence> | AsyncIterable<Occurrence>;
}

/** What is streamed where, and who answers. */
export interface World {
  readonly service: { readonly name: string; readonly trigger: string };
  readonly model: string;
  readonly deployment: string;
  readonly source: Source;
  /** Event time, epoch ms: the first training begins when the stream has reached it. */
  readonly trainAt: number;
}
