import { ExactMoments, ExactSum } from '#kernel';
import type { Reading, RollingAccumulator, TileAccumulator } from './accumulator';

/** Counts events. */
export class Count implements RollingAccumulator, TileAccumulator {
  private n = 0;

  add(): void {
    this.n += 1;
  }

  remove(): void {
    this.n -= 1;
  }

  merge(other: this): void {
    this.n += other.n;
  }

  unmerge(other: this): void {
    this.n -= other.n;
  }

  read(): number {
    return this.n;
  }

  extent(): number {
    return 0;
  }

  save(): number[] {
    return [this.n];
  }

  load([n]: readonly number[]): void {
    this.n = n!;
  }
}

/** count, sum and mean of values. */
export class Total implements RollingAccumulator, TileAccumulator {
  private n = 0;
  private sum = new ExactSum();

  add(_time: number, value: number): void {
    this.n += 1;
    this.sum.add(value);
  }

  remove(_time: number, value: number): void {
    this.n -= 1;
    this.sum.remove(value);
  }

  merge(other: this): void {
    this.n += other.n;
    this.sum.merge(other.sum);
  }

  unmerge(other: this): void {
    this.n -= other.n;
    for (const part of other.sum.parts()) this.sum.remove(part);
  }

  read({ aggregate, scale }: Reading): number | null {
    if (aggregate === 'count') return this.n;
    if (this.n === 0) return null;
    return aggregate === 'mean' ? this.sum.over(this.n * scale) : this.sum.over(scale);
  }

  extent(): number {
    return 6;
  }

  save(): number[] {
    return [this.n, ...this.sum.parts()];
  }

  load([n, ...parts]: readonly number[]): void {
    this.n = n!;
    this.sum = ExactSum.of(parts);
  }
}

/** variance and std of the sample. */
export class Spread implements RollingAccumulator, TileAccumulator {
  private moments = new ExactMoments();

  add(_time: number, value: number): void {
    this.moments.add(value);
  }

  remove(_time: number, value: number): void {
    this.moments.remove(value);
  }

  merge(other: this): void {
    this.moments.merge(other.moments);
  }

  read({ aggregate, scale }: Reading): number | null {
    return aggregate === 'std' ? this.moments.std(scale) : this.moments.variance(scale);
  }

  extent(): number {
    return 24;
  }

  save(): number[] {
    const { count, sum, squares } = this.moments.parts();
    return [count, sum.length, ...sum, ...squares];
  }

  load([count, length, ...parts]: readonly number[]): void {
    this.moments = ExactMoments.fromParts({
      count: count!,
      sum: parts.slice(0, length),
      squares: parts.slice(length),
    });
  }
}
