import { PlatformError } from '#kernel';
import type { EventLog, LogReader, LogRecord } from '../port';
import { readRecords, untilAvailable } from '../read';

/** An idle reader need not come back: records and `stop` wake it. */
const IDLE_WAIT_MS = 5_000;

export interface FollowedTopicOptions<State> {
  readonly log: EventLog;
  readonly topic: string;
  readonly initial: State;
  /** Pure; gives a new state and leaves the old one alone. */
  readonly evolve: (state: State, record: LogRecord) => State;
  readonly sleep: (ms: number) => Promise<void>;
  /** Keeps the newest state alone: for what is never asked as of a position. */
  readonly newestOnly?: boolean;
  /** A record that `evolve` refuses is passed over and told here. */
  readonly onRefused?: (record: LogRecord, error: unknown) => void;
}

/**
 * A one-partition topic of decisions, read from its start and followed: the control topic of a fold, or the snapshots of a service.
 * Keeps the state as of every position, so that a record can be decided again under the position it was decided under (law L1).
 */
export class FollowedTopic<State> {
  private readonly offsets: number[] = [];
  private readonly states: State[] = [];
  private readonly listeners = new Set<(state: State, position: number) => void>();
  private readonly waiting = new Set<() => void>();
  private reader: LogReader | undefined;
  private starting: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private stopped = false;
  private read = 0;

  constructor(private readonly options: FollowedTopicOptions<State>) {}

  /** Offset of the last fact applied; -1 before the first. */
  get position(): number {
    return this.offsets.length === 0 ? -1 : this.offsets[this.offsets.length - 1]!;
  }

  get state(): State {
    return this.states.length === 0 ? this.options.initial : this.states[this.states.length - 1]!;
  }

  /** The state after all facts at or below a position. */
  at(position: number): State {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsets[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.options.initial : this.states[low - 1]!;
  }

  /**
   * Folds the topic again from its start. Until the new states take their place, at once, the old ones answer; facts that come meanwhile are in
   * both. Gives the state at the position of the call, as it was and as it was folded now.
   */
  async refold(): Promise<{ readonly position: number; readonly before: State; readonly after: State }> {
    const { log, topic, initial, evolve, newestOnly } = this.options;
    const { position, state: before } = this;
    const offsets: number[] = [];
    const states: State[] = [];
    let state = initial;
    let next = position < 0 ? 0 : (await log.ends(topic))[0]!.start;
    const foldTo = async (end: number): Promise<void> => {
      for await (const record of readRecords(log, topic, 0, next, end)) {
        try {
          state = evolve(state, record);
        } catch {
          // Refused and told when it came.
          continue;
        }
        if (newestOnly) offsets.length = states.length = 0;
        offsets.push(record.offset);
        states.push(state);
      }
      next = Math.max(next, end);
    };
    await foldTo(position + 1);
    const after = state;
    while (next <= this.position) await foldTo(this.position + 1);
    this.offsets.length = this.states.length = 0;
    for (const [index, offset] of offsets.entries()) {
      this.offsets.push(offset);
      this.states.push(states[index]!);
    }
    return { position, before, after };
  }

  onChange(listener: (state: State, position: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when everything that stood on the topic at the first call is applied; waits for the topic to exist. */
  start(): Promise<void> {
    this.starting ??= this.catchUp();
    return this.starting;
  }

  private async catchUp(): Promise<void> {
    const { log, topic, sleep } = this.options;
    while ((await untilAvailable(() => log.partitionCount(topic), sleep)) === undefined && !this.stopped)
      await sleep(100);
    if (this.stopped) return;
    const ends = await untilAvailable(() => log.ends(topic), sleep);
    const { start, end } = ends[0]!;
    this.read = start;
    this.reader = log.reader();
    this.reader.seek({ topic, partition: 0 }, start);
    this.following = this.follow();
    await this.reach(end - 1);
  }

  /** Resolves when the fact at `position` is applied. */
  async reach(position: number): Promise<void> {
    while (this.read <= position && !this.stopped)
      await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.reader?.close();
    await this.following;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        for (const chunk of await this.reader!.poll(IDLE_WAIT_MS)) {
          if (chunk.kind === 'records') for (const record of chunk.records) this.apply(record);
          this.read = chunk.nextOffset;
          this.wake();
        }
      } catch (error) {
        if (this.stopped) return;
        if (!(error instanceof PlatformError) || error.disposition !== 'retry') throw error;
        await this.options.sleep(200);
      }
    }
  }

  private apply(record: LogRecord): void {
    let next: State;
    try {
      next = this.options.evolve(this.state, record);
    } catch (error) {
      this.options.onRefused?.(record, error);
      return;
    }
    if (this.options.newestOnly) this.offsets.length = this.states.length = 0;
    this.offsets.push(record.offset);
    this.states.push(next);
    for (const listener of this.listeners) listener(next, record.offset);
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
