import { controlPositionOf, qualify, sourcePositionOf } from '#contracts';
import { comparePositions, type Position } from '#kernel';
import type { Chunk, LogRecord, PartitionEnds } from '../port';
import { readRange } from '../read';
import type { RunnerOptions } from './options';
import { seekBySource } from './tail';

/** The recorded control position of each source record, walked along the primary output beside the source. */
export class DecisionWalk {
  private readonly sources: number[] = [];
  private readonly controls: number[] = [];
  private head = 0;
  private newest: Pick<Position, 'offset' | 'k'> = { offset: -1, k: 0 };
  private done = false;

  private constructor(private readonly outputs: AsyncGenerator<Chunk>) {}

  static async begin<State, Control>(
    { log, namespace, primary }: Pick<RunnerOptions<State, Control>, 'log' | 'namespace' | 'primary'>,
    ends: PartitionEnds | undefined,
    from: number,
  ): Promise<DecisionWalk | undefined> {
    if (!ends || primary === undefined) return undefined;
    const topic = qualify(namespace, primary);
    const first = await seekBySource(log, topic, ends, from);
    return new DecisionWalk(readRange(log, topic, ends.partition, first, ends.end));
  }

  /** Reads on until the decision of a source offset is known, or known to be absent. */
  async cover(source: number): Promise<void> {
    while (!this.done && this.newest.offset <= source) {
      const next = await this.outputs.next();
      if (next.done) this.done = true;
      else if (next.value.kind === 'records') for (const record of next.value.records) this.remember(record);
    }
  }

  async close(): Promise<void> {
    await this.outputs.return(undefined);
  }

  /** Undefined where the source record has no primary output. Offsets must be covered, and asked for in rising order. */
  at(source: number): number | undefined {
    while (this.head < this.sources.length && this.sources[this.head]! < source) this.head++;
    const decided = this.sources[this.head] === source ? this.controls[this.head] : undefined;
    if (this.head > 8_192) {
      this.sources.splice(0, this.head);
      this.controls.splice(0, this.head);
      this.head = 0;
    }
    return decided;
  }

  /** A zombie's duplicate falls behind what stands there already and is passed over. */
  private remember(record: LogRecord): void {
    const position = sourcePositionOf(record.headers);
    if (!position || comparePositions(position, this.newest) <= 0) return;
    this.newest = position;
    this.sources.push(position.offset);
    this.controls.push(controlPositionOf(record.headers) ?? this.controls[this.controls.length - 1] ?? -1);
  }
}
