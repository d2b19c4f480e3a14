import { Rng } from '#kernel';

/** Draws the rows of each round and the features of each tree. */
export class Sampler {
  private readonly rng: Rng;
  private readonly allRows: Uint32Array;
  private readonly allFeatures: Uint32Array;

  constructor(
    seed: number,
    private readonly shares: { readonly subsample: number; readonly feature_fraction: number },
    rows: number,
    features: number,
  ) {
    this.rng = new Rng(seed);
    this.allRows = Uint32Array.from({ length: rows }, (_, row) => row);
    this.allFeatures = Uint32Array.from({ length: features }, (_, feature) => feature);
  }

  /** Ascending, at least one. */
  rows(): Uint32Array {
    return this.draw(this.allRows, this.shares.subsample);
  }

  /** Ascending, at least one if there is any. */
  features(): number[] {
    return [...this.draw(this.allFeatures, this.shares.feature_fraction)];
  }

  /** Without replacement, in order (Knuth, "The Art of Computer Programming" 2, algorithm 3.4.2S). */
  private draw(items: Uint32Array, share: number): Uint32Array {
    if (share === 1) return items;
    const count = Math.max(1, Math.round(share * items.length));
    const drawn = new Uint32Array(Math.min(count, items.length));
    let size = 0;
    for (let at = 0; size < drawn.length; at++) {
      if (this.rng.below(items.length - at) < drawn.length - size) drawn[size++] = items[at]!;
    }
    return drawn;
  }
}
