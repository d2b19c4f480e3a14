import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { CompiledStream } from '#contracts';
import { fetchDefinition } from '../definitions';
import { StreamWriter } from '../produce/stream-writer';
import type { Actors } from './actors';
import type { Case, Occurrence } from './scenario';

export interface At {
  /** Event time of the next occurrence, epoch ms. */
  readonly time: number;
  /** Events of the trigger that are left, the next occurrence included. */
  readonly left: number;
}

/** Sends the occurrences in order, in stretches. */
export class Streaming {
  private readonly iterator: AsyncIterator<Occurrence> | Iterator<Occurrence>;
  private next: Occurrence | undefined;
  private sent = 0;
  private left: number;
  private readonly marks: { readonly time: number; sentAt?: number }[] = [];

  private constructor(
    private readonly writers: Readonly<Record<string, StreamWriter>>,
    private readonly plan: Case,
    private readonly actors: Actors,
  ) {
    const occurrences = plan.source.occurrences(actors);
    this.iterator =
      Symbol.asyncIterator in occurrences
        ? occurrences[Symbol.asyncIterator]()
        : occurrences[Symbol.iterator]();
    this.left = plan.source.rows;
  }

  static async open(actors: Actors, plan: Case): Promise<Streaming> {
    const { platform, log } = actors;
    const writers = await Promise.all(
      plan.streams.map(async (name): Promise<[string, StreamWriter]> => {
        const stream = await fetchDefinition<CompiledStream>(platform.url('registry'), 'Stream', name);
        return [name, await StreamWriter.open(log, platform.namespace, stream)];
      }),
    );
    return new Streaming(Object.fromEntries(writers), plan, actors);
  }

  /** Remembers when the first event of the trigger at or after this event time is sent. */
  mark(time: number): { readonly time: number; sentAt?: number } {
    const mark = { time };
    this.marks.push(mark);
    return mark;
  }

  /** Sends until the next occurrence meets the condition or there is none; false once there is none. */
  async until(stop: (at: At) => boolean, perSecond?: () => number | undefined): Promise<boolean> {
    let said = Date.now();
    let since = said;
    let inStretch = 0;
    let rate = perSecond?.();
    for (;;) {
      this.next ??= await this.pull();
      if (!this.next || stop({ time: this.next.time, left: this.left })) break;
      if (rate !== undefined && inStretch * (1_000 / rate) > Date.now() - since) {
        await this.flush();
        await sleep(Math.max(1, inStretch * (1_000 / rate) - (Date.now() - since)));
      }
      await this.send(this.next);
      this.next = undefined;
      inStretch++;
      if (perSecond && inStretch % 50 === 0 && perSecond() !== rate) {
        rate = perSecond();
        since = Date.now();
        inStretch = 0;
      }
      if (this.sent % 1_000 === 0 && Date.now() - said > 2_000) {
        said = Date.now();
        this.actors.say(`  ${this.sent} events sent`);
      }
    }
    await Promise.all(Object.values(this.writers).map((writer) => writer.settle()));
    return this.next !== undefined;
  }

  /** The next occurrence; undefined at the end, and before the first stretch. */
  get at(): At | undefined {
    return this.next && { time: this.next.time, left: this.left };
  }

  /** Events sent so far. */
  get count(): number {
    return this.sent;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.writers).map((writer) => writer.close()));
  }

  private async pull(): Promise<Occurrence | undefined> {
    const pending = this.iterator.next();
    if (!(pending instanceof Promise)) return pending.done ? undefined : pending.value;
    // Whoever makes the occurrences may be waiting for what became of those before.
    if ((await Promise.race([pending, turn('waits')])) === 'waits') await this.flush();
    const result = await pending;
    return result.done ? undefined : result.value;
  }

  private async flush(): Promise<void> {
    await Promise.all(Object.values(this.writers).map((writer) => writer.flush()));
  }

  private async send({ stream, time, event }: Occurrence): Promise<void> {
    const writer = this.writers[stream]!;
    await writer.write(event as Readonly<Record<string, unknown>>);
    this.sent++;
    if (stream !== this.plan.service.trigger) return;
    for (const mark of this.marks)
      if (mark.sentAt === undefined && time >= mark.time) mark.sentAt = Date.now();
    this.left--;
    for (const fault of this.plan.faults?.(event, this.left) ?? [])
      await writer.write(fault as Readonly<Record<string, unknown>>);
  }
}
