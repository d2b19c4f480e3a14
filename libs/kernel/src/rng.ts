/** Seeded random numbers: xoshiro128** seeded by splitmix32 (Blackman and Vigna, 2018). Same seed, same sequence, everywhere. */
export class Rng {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next();
  }

  /** Goes on where the Rng stood that gave this state. */
  static at([a, b, c, d]: readonly [number, number, number, number]): Rng {
    return Object.assign(new Rng(0), { a, b, c, d });
  }

  /** All that decides what comes next: four whole numbers in [-2^31, 2^32). */
  state(): readonly [number, number, number, number] {
    return [this.a, this.b, this.c, this.d];
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** A double in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
