import type { Part } from './part';

/** The parts of one trigger by stage. */
export type PartsOfTrigger = ReadonlyMap<string, Part>;

/**
 * The parts of one partition of triggers: which are there, and from where the topic of parts would have to be read again. A stage's
 * first part for a trigger is the one that counts: later ones are duplicates of a worker that resumed or of a zombie.
 */
export class GatheredParts {
  private readonly byTrigger = new Map<number, Map<string, Part>>();
  /** Offsets of parts whose triggers may not be done yet, in log order, with those triggers. */
  private readonly offsets: number[] = [];
  private readonly triggers: number[] = [];
  private first = 0;
  /** Triggers below have gone on. */
  private done: number;
  /** Triggers below have their vectors. */
  private acked: number;

  /** `next`: offset of the topic of parts to be read next; `from`: the first trigger that is to go on. */
  constructor(
    private next: number,
    from: number,
  ) {
    this.done = this.acked = from;
  }

  /** Triggers that parts are here for. */
  get size(): number {
    return this.byTrigger.size;
  }

  get readTo(): number {
    return this.next;
  }

  add(part: Part, offset: number): void {
    this.next = offset + 1;
    const trigger = part.trigger.offset;
    if (trigger < this.acked) return;
    this.offsets.push(offset);
    this.triggers.push(trigger);
    if (trigger < this.done) return;
    let parts = this.byTrigger.get(trigger);
    if (!parts) this.byTrigger.set(trigger, (parts = new Map()));
    if (!parts.has(part.stage)) parts.set(part.stage, part);
  }

  passTo(next: number): void {
    this.next = Math.max(this.next, next);
  }

  has(trigger: number, stages: readonly string[]): boolean {
    if (stages.length === 0) return true;
    const parts = this.byTrigger.get(trigger);
    return parts !== undefined && stages.every((stage) => parts.has(stage));
  }

  /** Gives the parts of a trigger and forgets them; triggers are taken in order. */
  take(trigger: number): PartsOfTrigger {
    const parts = this.byTrigger.get(trigger);
    this.byTrigger.delete(trigger);
    this.done = Math.max(this.done, trigger + 1);
    return parts ?? NONE;
  }

  /**
   * Where the topic of parts would have to be read from, were triggers from `acked` on to be made again: no part of theirs stands below.
   * Asked with rising offsets.
   */
  resumeFor(acked: number): number {
    this.acked = Math.max(this.acked, acked);
    while (this.first < this.triggers.length && this.triggers[this.first]! < acked) this.first++;
    const offset = this.offsets[this.first] ?? this.next;
    if (this.first > 8_192) {
      this.offsets.splice(0, this.first);
      this.triggers.splice(0, this.first);
      this.first = 0;
    }
    return offset;
  }
}

const NONE: PartsOfTrigger = new Map();
