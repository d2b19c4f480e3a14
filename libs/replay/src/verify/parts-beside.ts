import { readRange, type Chunk, type EventLog, type LogRecord } from '#eventlog';
import { readPart, type PartsOfTrigger } from '#folds';
import { comparePositions } from '#kernel';

type Part = ReturnType<typeof readPart>;

/**
 * What the stages answered, read beside the triggers of one partition: a join by the trigger's position, so that it gives what the live
 * one gave, however the two topics lay in time. A stage's first part for a trigger is the one that counts.
 */
export class PartsBeside {
  private readonly byTrigger = new Map<number, Map<string, Part>>();
  private chunks: AsyncGenerator<Chunk> | undefined;
  private done = false;
  private taken = -1;

  constructor(
    private readonly log: EventLog,
    /** `feature.parts.<service>` in full. */
    private readonly topic: string,
  ) {}

  /** Reads on until each of the triggers has the parts of all stages, or the topic has no more. */
  async cover(triggers: readonly LogRecord[], stages: readonly string[]): Promise<void> {
    for (const trigger of triggers) {
      while (!this.done && !this.has(trigger.offset, stages)) await this.readOn(trigger.partition);
    }
  }

  /** Asked once for each trigger, in their order. */
  take({ offset }: Pick<LogRecord, 'offset'>): PartsOfTrigger {
    const parts = this.byTrigger.get(offset);
    this.byTrigger.delete(offset);
    this.taken = Math.max(this.taken, offset);
    return parts ?? NONE;
  }

  async close(): Promise<void> {
    await this.chunks?.return(undefined);
  }

  private has(trigger: number, stages: readonly string[]): boolean {
    const parts = this.byTrigger.get(trigger);
    return stages.every((stage) => parts?.has(stage));
  }

  private async readOn(partition: number): Promise<void> {
    if (!this.chunks) {
      const { start, end } = (await this.log.ends(this.topic))[partition]!;
      this.chunks = readRange(this.log, this.topic, partition, start, end);
    }
    const next = await this.chunks.next();
    if (next.done) this.done = true;
    else if (next.value.kind === 'records')
      for (const record of next.value.records) this.add(readPart(record));
  }

  private add(part: Part): void {
    const { offset } = part.trigger;
    if (comparePositions(part.trigger, { offset: this.taken, k: 0 }) <= 0) return;
    let parts = this.byTrigger.get(offset);
    if (!parts) this.byTrigger.set(offset, (parts = new Map()));
    if (!parts.has(part.stage)) parts.set(part.stage, part);
  }
}

const NONE: PartsOfTrigger = new Map();
