import { useEffect, useSyncExternalStore } from 'react';

/** One second of the platform: `rates` of `GET /v1/live`. Topics stand below the namespace. */
export interface Rates {
  readonly at: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly records: number;
    readonly perSecond: number;
  }[];
  /** Records of a source that a worker has not committed yet. */
  readonly lags: readonly { readonly service: string; readonly source: string; readonly records: number }[];
}

/** A fact that has just been decided somewhere. */
export interface LiveFact {
  readonly topic: string;
  readonly position: string;
  readonly type: string;
  readonly at: string;
  readonly key: string | null;
}

export type LiveState = 'connecting' | 'on' | 'off';

export interface Pulse {
  readonly state: LiveState;
  readonly rates: Rates | undefined;
  /** The last seconds, oldest first, at most two minutes. */
  readonly history: readonly Rates[];
}

const KEPT_SECONDS = 120;
const AGAIN_MS = 2_000;

/** The one stream of this page: opened with the first listener, opened again whenever it breaks. */
class LiveStream {
  private pulse: Pulse = { state: 'connecting', rates: undefined, history: [] };
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Set<(fact: LiveFact | undefined) => void>();
  private source: EventSource | undefined;
  private timer: number | undefined;

  readonly current = (): Pulse => this.pulse;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    this.open();
    return () => this.watchers.delete(watcher);
  };

  /** Called with each new fact, and with undefined after an interruption: anything may have happened. */
  readonly listen = (listener: (fact: LiveFact | undefined) => void): (() => void) => {
    this.listeners.add(listener);
    this.open();
    return () => this.listeners.delete(listener);
  };

  private open(): void {
    if (this.source) return;
    const source = (this.source = new EventSource('/v1/live'));
    source.addEventListener('open', () => {
      const wasOff = this.pulse.state === 'off';
      this.tell({ ...this.pulse, state: 'on' });
      if (wasOff) for (const listener of this.listeners) listener(undefined);
    });
    source.addEventListener('rates', ({ data }: MessageEvent<string>) => {
      const rates = JSON.parse(data) as Rates;
      const history = [...this.pulse.history, rates].slice(-KEPT_SECONDS);
      this.tell({ state: 'on', rates, history });
    });
    source.addEventListener('fact', ({ data }: MessageEvent<string>) => {
      const fact = JSON.parse(data) as LiveFact;
      for (const listener of this.listeners) listener(fact);
    });
    source.addEventListener('error', () => {
      this.tell({ ...this.pulse, state: 'off' });
      // The browser tries again by itself, but for an answer that is no stream.
      if (source.readyState !== EventSource.CLOSED) return;
      this.source = undefined;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.open(), AGAIN_MS);
    });
  }

  private tell(pulse: Pulse): void {
    this.pulse = pulse;
    for (const watcher of this.watchers) watcher();
  }
}

const stream = new LiveStream();

export const usePulse = (): Pulse => useSyncExternalStore(stream.watch, stream.current);

const stateNow = (): LiveState => stream.current().state;
export const useLiveState = (): LiveState => useSyncExternalStore(stream.watch, stateNow);

/** Calls back when a fact comes to one of these topics (names below the namespace, or their beginnings), and after an interruption. */
export const useFacts = (topics: readonly string[], happened: () => void): void => {
  const key = topics.join(' ');
  useEffect(() => {
    if (key === '') return undefined;
    const wanted = key.split(' ');
    return stream.listen((fact) => {
      if (!fact || wanted.some((topic) => fact.topic.startsWith(topic))) happened();
    });
  }, [key, happened]);
};
