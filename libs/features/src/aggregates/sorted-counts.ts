/** A multiset of numbers as sorted distinct keys with their counts. */
export class SortedCounts {
  readonly keys: number[] = [];
  readonly counts: number[] = [];
  size = 0;

  add(key: number, count = 1): void {
    const { keys, counts } = this;
    const at = this.firstFrom(key);
    this.size += count;
    if (keys[at] === key) {
      counts[at]! += count;
    } else if (at === keys.length) {
      keys.push(key);
      counts.push(count);
    } else {
      keys.splice(at, 0, key);
      counts.splice(at, 0, count);
    }
  }

  /** Of a key that is there so often. */
  remove(key: number, count = 1): void {
    const at = this.firstFrom(key);
    this.size -= count;
    this.counts[at]! -= count;
    if (this.counts[at] === 0) {
      this.keys.splice(at, 1);
      this.counts.splice(at, 1);
    }
  }

  /** The member at a rank from 0 (the least) to size - 1. */
  at(rank: number): number {
    const { keys, counts } = this;
    let i = 0;
    for (let left = rank - counts[0]!; left >= 0; left -= counts[i]!) i += 1;
    return keys[i]!;
  }

  /** The member at a rank from 0 (the greatest) to size - 1. */
  fromTop(rank: number): number {
    const { keys, counts } = this;
    let i = keys.length - 1;
    for (let left = rank - counts[i]!; left >= 0; left -= counts[i]!) i -= 1;
    return keys[i]!;
  }

  /** Numbers held, with what growing arrays hold in reserve. */
  extent(): number {
    return 12 + Math.ceil(this.keys.length * 2.5);
  }

  private firstFrom(key: number): number {
    const { keys } = this;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
