/** Distances grow with drift. */
export type Distance = 'psi' | 'jensen_shannon' | 'kl' | 'hellinger' | 'wasserstein' | 'energy';

/** Tests have a p-value, which falls with drift. */
export type DriftTest =
  'kolmogorov_smirnov' | 'chi_square' | 'z_test' | 'cramer_von_mises' | 'anderson_darling';

export type DriftStatistic = Distance | DriftTest;

export interface TestResult {
  readonly value: number;
  readonly pValue: number;
}

export type ColumnType = 'numerical' | 'categorical';

interface Verdict {
  /** Drift beyond this figure: the distance, or the p-value of a test. */
  readonly threshold: number;
  readonly drifted: (figure: number, threshold: number) => boolean;
}

const atLeast = (figure: number, threshold: number): boolean => figure >= threshold;
const atMost = (figure: number, threshold: number): boolean => figure <= threshold;
const below = (figure: number, threshold: number): boolean => figure < threshold;

/** Thresholds and comparisons of Evidently 0.7.23: which side equality falls on is part of the verdict. */
export const VERDICTS: Readonly<Record<DriftStatistic, Verdict>> = {
  psi: { threshold: 0.1, drifted: atLeast },
  jensen_shannon: { threshold: 0.1, drifted: atLeast },
  kl: { threshold: 0.1, drifted: atLeast },
  hellinger: { threshold: 0.1, drifted: atLeast },
  wasserstein: { threshold: 0.1, drifted: atLeast },
  energy: { threshold: 0.1, drifted: (figure, threshold) => figure > threshold },
  kolmogorov_smirnov: { threshold: 0.05, drifted: atMost },
  chi_square: { threshold: 0.05, drifted: below },
  z_test: { threshold: 0.05, drifted: below },
  cramer_von_mises: { threshold: 0.1, drifted: atMost },
  anderson_darling: { threshold: 0.1, drifted: below },
};

const TESTS: readonly DriftStatistic[] = [
  'kolmogorov_smirnov',
  'chi_square',
  'z_test',
  'cramer_von_mises',
  'anderson_darling',
] satisfies DriftTest[];

export const isTest = (statistic: DriftStatistic): statistic is DriftTest => TESTS.includes(statistic);

export interface Cardinality {
  readonly type: ColumnType;
  /** Present rows of the reference. */
  readonly referenceRows: number;
  /** Distinct values of both sides together; above 5 their number says nothing more. */
  readonly distinct: number;
}

/**
 * The statistic that Evidently 0.7.23 takes when nothing is said. Up to 1,000 reference rows tests, which small samples can bear:
 * Kolmogorov-Smirnov for numbers with more than 5 distinct values, else chi-square, or Z for two. Above, where every test would reject,
 * distances: Wasserstein for such numbers, else Jensen-Shannon.
 */
export const automaticStatistic = ({ type, referenceRows, distinct }: Cardinality) => {
  const isNumber = type === 'numerical' && distinct > 5;
  if (referenceRows > 1000) return isNumber ? 'wasserstein' : 'jensen_shannon';
  if (isNumber) return 'kolmogorov_smirnov';
  return distinct > 2 ? 'chi_square' : 'z_test';
};

/** The type that Evidently 0.7.23 infers of a column of numbers: whole numbers with at most 10 values are categories. */
export const numberType = (isInteger: boolean, distinct: number): ColumnType =>
  isInteger && distinct <= 10 ? 'categorical' : 'numerical';
