import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a figure was on a lane of machines, and how much worse it may be. Ratios to something that ran beside it travel best. */
export interface Baseline {
  readonly value: number;
  /** Share of the value: 0.25 lets it be a quarter worse. */
  readonly tolerance: number;
  readonly better: 'more' | 'less';
}

/** By lane, then by `<scenario>.<figure>`. */
export type Baselines = Readonly<Record<string, Readonly<Record<string, Baseline>>>>;

export interface Comparison {
  readonly figure: string;
  readonly value: number;
  readonly baseline: number;
  /** The worst value that is still let through. */
  readonly limit: number;
  readonly isWorse: boolean;
}

/** Compares the figures that were measured and have a baseline; a value that is no number is worse than any. */
export const compareWithBaselines = (
  figures: Readonly<Record<string, number>>,
  baselines: Readonly<Record<string, Baseline>>,
): Comparison[] =>
  Object.entries(baselines).flatMap(([figure, { value: baseline, tolerance, better }]) => {
    const value = figures[figure];
    if (value === undefined) return [];
    const limit = better === 'more' ? baseline * (1 - tolerance) : baseline * (1 + tolerance);
    const isWorse = !(better === 'more' ? value >= limit : value <= limit);
    return [{ figure, value, baseline, limit, isWorse }];
  });

export const readBaselines = (): Baselines =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'baselines.json'), 'utf8')) as Baselines;
