import { exp, log } from '#kernel';

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

const HALF_LOG_TWO_PI = 0.9189385332046727;

/** ln Gamma(x) for x > 0. Lanczos (1964), g = 7 and nine terms; relative error below 1e-14. */
export const logGamma = (x: number): number => {
  if (x >= 1e3) return stirling(x);
  const shifted = x - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (shifted + i);
  const t = shifted + 7.5;
  return HALF_LOG_TWO_PI + (shifted + 0.5) * log(t) - t + log(sum);
};

const stirling = (x: number): number =>
  (x - 0.5) * log(x) - x + HALF_LOG_TWO_PI + 1 / (12 * x) - 1 / (360 * x * x * x);

/** ln of the number of ways to choose k of n. */
export const logChoose = (n: number, k: number): number =>
  logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/**
 * The upper regularised incomplete gamma function Q(a, x), a > 0, x >= 0: a series below a + 1, Lentz's continued fraction above
 * (Press et al., "Numerical Recipes", section 6.2).
 */
export const gammaQ = (a: number, x: number): number => {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const scale = exp(a * log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
};

const lowerSeries = (a: number, x: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
};

const TINY = 1e-300;

const upperFraction = (a: number, x: number): number => {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1, change = 0; Math.abs(change - 1) > 1e-16 && n < 100_000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / awayFromZero(numerator * d + b);
    c = awayFromZero(b + numerator / c);
    change = c * d;
    fraction *= change;
  }
  return fraction;
};

const awayFromZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

/** P(X > x) of the chi-square distribution. */
export const chiSquareTail = (x: number, degrees: number): number => gammaQ(degrees / 2, x / 2);
