/** One source partition: its topic (below the namespace), its number, and the highest (offset, k) that was applied. */
export type SeenEntry = readonly [source: string, partition: number, offset: number, k: number];

const POSITION = /^(\d{1,9})-(\d{1,16})(?:\.(\d{1,9}))?$/;

/**
 * The rule by which readers of derived topics drop what they have seen (law L3). A derived record's `ce_source` and `ce_id` name the
 * record that it was made from. Outputs are gap-free, so whatever is at or below the highest position seen is a copy.
 *
 * Keep one for each partition that you read, and store it together with what you compute from the records: it is plain JSON.
 */
export class SeenPositions {
  private readonly highest = new Map<string, SeenEntry>();

  static from(entries: readonly SeenEntry[]): SeenPositions {
    const seen = new SeenPositions();
    for (const entry of entries) seen.highest.set(keyOf(entry[0], entry[1]), entry);
    return seen;
  }

  /**
   * True, and remembered, when this record was not applied before; false when it is a copy.
   * @param source `ce_source` @param id `ce_id`
   * @throws RangeError where the id is no position: such a record has a unique id, which this rule does not cover.
   */
  admit(source: string, id: string): boolean {
    const match = POSITION.exec(id);
    if (!match) throw new RangeError(`"${id}" is not a position: records of this topic are not derived`);
    const [partition, offset, k] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
    const key = keyOf(source, partition);
    const before = this.highest.get(key);
    if (before && (offset < before[2] || (offset === before[2] && k <= before[3]))) return false;
    this.highest.set(key, [source, partition, offset, k]);
    return true;
  }

  toJSON(): SeenEntry[] {
    return [...this.highest.values()];
  }
}

const keyOf = (source: string, partition: number): string => `${source}:${partition}`;
