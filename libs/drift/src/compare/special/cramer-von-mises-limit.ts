import { exp } from '#kernel';
import { logGamma } from './gamma';

/**
 * P(T <= x) of the Cramer-von Mises statistic of infinite samples: Csörgő and Faraway, "The Exact and Asymptotic Distributions of
 * Cramér-von Mises Statistics", 1996, equation 1.2, summed until a term is below 1e-7 as SciPy does. Not accurate where it is close to 1.
 */
export const cramerVonMisesLimit = (x: number): number => {
  const scale = 1 / (Math.PI * Math.sqrt(Math.PI) * Math.sqrt(x));
  let sum = 0;
  for (let k = 0; ; k++) {
    const y = 4 * k + 1;
    const ratio = exp(logGamma(k + 0.5) - logGamma(k + 1));
    const term = scale * ratio * Math.sqrt(y) * decayedBessel((y * y) / (16 * x));
    sum += term;
    if (term < 1e-7) return sum;
  }
};

const STEP = 1 / 8;

/**
 * exp(-q) * K(q) with the modified Bessel function of order 1/4: the trapezoidal rule over its integral of exp(-q cosh t) cosh(t / 4), whose
 * error falls exponentially with the step (here below 1e-25).
 */
const decayedBessel = (q: number): number => {
  let sum = exp(-2 * q) / 2;
  for (let t = STEP; ; t += STEP) {
    const term = exp(-q * (1 + cosh(t))) * cosh(t / 4);
    sum += term;
    if (term <= sum * 1e-18) return sum * STEP;
  }
};

const cosh = (t: number): number => (exp(t) + exp(-t)) / 2;
