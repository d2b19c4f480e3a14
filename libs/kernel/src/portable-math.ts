/**
 * exp, log, log1p, expm1, log2, log10 and pow with the same bits on every engine. `Math.pow` differs between Node 20 and 24, and
 * the language leaves all of them to the implementation; so pure code takes these instead (architecture.md L11).
 *
 * Ports of fdlibm / FreeBSD msun (e_exp.c, e_log.c, s_log1p.c, s_expm1.c, e_log2.c, e_log10.c), which use + - * / on IEEE doubles
 * and bit patterns only, below one ulp from the true value (log2 and log10 too). `pow` stands in portable-pow.ts.
 *
 * Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice is preserved.
 */
import { highWord, withHighWord, withoutLowWord } from './double-bits';

const LN2_HI = 6.9314718036912381649e-1;
const LN2_LO = 1.90821492927058770002e-10;
const INV_LN2 = 1.442695040888963387;
const OVERFLOW = 7.09782712893383973096e2;
const UNDERFLOW = -7.4513321910194110842e2;
const TWO_54 = 18014398509481984;
const TWO_1023 = 8.98846567431158e307;
const TWO_M1000 = 9.3326361850321887899e-302;

const P1 = 1.66666666666666019037e-1;
const P2 = -2.77777777770155933842e-3;
const P3 = 6.61375632143793436117e-5;
const P4 = -1.6533902205465251539e-6;
const P5 = 4.13813679705723846039e-8;

/** e to the power x. */
export const exp = (x: number): number => {
  const high = highWord(x);
  const negative = high < 0;
  const magnitude = high & 0x7fffffff;
  if (magnitude >= 0x40862e42) {
    if (x !== x) return x;
    if (x > OVERFLOW) return Infinity;
    if (x < UNDERFLOW) return 0;
  }
  let hi = 0;
  let lo = 0;
  let k = 0;
  let r = x;
  if (magnitude > 0x3fd62e42) {
    if (magnitude < 0x3ff0a2b2) {
      if (x === 1) return Math.E;
      hi = negative ? x + LN2_HI : x - LN2_HI;
      lo = negative ? -LN2_LO : LN2_LO;
      k = negative ? -1 : 1;
    } else {
      k = (INV_LN2 * x + (negative ? -0.5 : 0.5)) | 0;
      hi = x - k * LN2_HI;
      lo = k * LN2_LO;
    }
    r = hi - lo;
  } else if (magnitude < 0x3e300000) {
    return 1 + x;
  }
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (lo - (r * c) / (2 - c) - hi);
  if (k === 1024) return y * 2 * TWO_1023;
  if (k >= -1021) return y * powerOfTwo(k);
  return y * powerOfTwo(k + 1000) * TWO_M1000;
};

const Q1 = -3.33333333333331316428e-2;
const Q2 = 1.58730158725481460165e-3;
const Q3 = -7.93650757867487942473e-5;
const Q4 = 4.00821782732936239552e-6;
const Q5 = -2.01099218183624371326e-7;

/** e to the power x, minus one, precise near zero. */
export const expm1 = (x: number): number => {
  const high = highWord(x);
  const negative = high < 0;
  const magnitude = high & 0x7fffffff;
  if (magnitude >= 0x4043687a) {
    if (x !== x) return x;
    if (x > OVERFLOW) return Infinity;
    if (negative) return -1;
  }
  let k = 0;
  let c = 0;
  let r = x;
  if (magnitude > 0x3fd62e42) {
    if (magnitude < 0x3ff0a2b2) k = negative ? -1 : 1;
    else k = (INV_LN2 * x + (negative ? -0.5 : 0.5)) | 0;
    const hi = x - k * LN2_HI;
    const lo = k * LN2_LO;
    r = hi - lo;
    c = hi - r - lo;
  } else if (magnitude < 0x3c900000) {
    return x;
  }
  const half = 0.5 * r;
  const hxs = r * half;
  const r1 = 1 + hxs * (Q1 + hxs * (Q2 + hxs * (Q3 + hxs * (Q4 + hxs * Q5))));
  const t = 3 - r1 * half;
  let e = hxs * ((r1 - t) / (6 - r * t));
  if (k === 0) return r - (r * e - hxs);
  e = r * (e - c) - c - hxs;
  if (k === -1) return 0.5 * (r - e) - 0.5;
  if (k === 1) return r < -0.25 ? -2 * (e - (r + 0.5)) : 1 + 2 * (r - e);
  if (k <= -2 || k > 56) {
    const y = 1 - (e - r);
    return (k === 1024 ? y * 2 * TWO_1023 : y * powerOfTwo(k)) - 1;
  }
  if (k < 20) return (withHighWord(1, 0x3ff00000 - (0x200000 >> k)) - (e - r)) * powerOfTwo(k);
  return (r - (e + powerOfTwo(-k)) + 1) * powerOfTwo(k);
};

const LG1 = 6.66666666666673513e-1;
const LG2 = 3.999999999940941908e-1;
const LG3 = 2.857142874366239149e-1;
const LG4 = 2.222219843214978396e-1;
const LG5 = 1.818357216161805012e-1;
const LG6 = 1.531383769920937332e-1;
const LG7 = 1.479819860511658591e-1;

/** The natural logarithm. */
export const log = (x: number): number => {
  if (!(x > 0 && x < Infinity)) return outsideLogDomain(x);
  let k = 0;
  let m = x;
  if (x < 2.2250738585072014e-308) {
    k = -54;
    m = x * TWO_54;
  }
  let high = highWord(m);
  k += (high >> 20) - 1023;
  high &= 0xfffff;
  const i = (high + 0x95f64) & 0x100000;
  k += i >> 20;
  const f = withHighWord(m, high | (i ^ 0x3ff00000)) - 1;
  if ((0xfffff & (2 + high)) < 3) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HI + k * LN2_LO;
    const small = f * f * (0.5 - 0.33333333333333333 * f);
    return k === 0 ? f - small : k * LN2_HI - (small - k * LN2_LO - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const r = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7))) + w * (LG2 + w * (LG4 + w * LG6));
  if (((high - 0x6147a) | (0x6b851 - high)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + r));
    return k * LN2_HI - (half - (s * (half + r) + k * LN2_LO) - f);
  }
  if (k === 0) return f - s * (f - r);
  return k * LN2_HI - (s * (f - r) - k * LN2_LO - f);
};

/** log(1 + x), precise near zero. */
export const log1p = (x: number): number => {
  if (!(x > -1 && x < Infinity)) return x === Infinity ? x : outsideLogDomain(1 + x);
  const high = highWord(x);
  const magnitude = high & 0x7fffffff;
  let k = 1;
  let f = 0;
  let hu = 1;
  let c = 0;
  if (high < 0x3fda827a) {
    if (magnitude < 0x3e200000) return magnitude < 0x3c900000 ? x : x - x * x * 0.5;
    if (high > 0 || high <= (0xbfd2bec4 | 0)) {
      k = 0;
      f = x;
    }
  }
  if (k !== 0) {
    let u = x;
    if (high < 0x43400000) {
      u = 1 + x;
      hu = highWord(u);
      k = (hu >> 20) - 1023;
      c = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    } else {
      hu = high;
      k = (hu >> 20) - 1023;
    }
    hu &= 0xfffff;
    if (hu < 0x6a09e) {
      u = withHighWord(u, hu | 0x3ff00000);
    } else {
      k += 1;
      u = withHighWord(u, hu | 0x3fe00000);
      hu = (0x100000 - hu) >> 2;
    }
    f = u - 1;
  }
  const half = 0.5 * f * f;
  if (hu === 0) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HI + (c + k * LN2_LO);
    const small = half * (1 - 0.66666666666666666 * f);
    return k === 0 ? f - small : k * LN2_HI - (small - (k * LN2_LO + c) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const r = z * (LG1 + z * (LG2 + z * (LG3 + z * (LG4 + z * (LG5 + z * (LG6 + z * LG7))))));
  if (k === 0) return f - (half - s * (half + r));
  return k * LN2_HI - (half - (s * (half + r) + (k * LN2_LO + c)) - f);
};

/** Base-2 logarithm; exact at powers of two. */
export const log2 = (x: number): number => {
  if (!(x > 0 && x < Infinity)) return outsideLogDomain(x);
  const { exponent, hi, lo } = splitLog(x);
  const valueHi = hi * 1.44269504072144627571;
  const valueLo = (lo + hi) * 1.67517131648865118353e-10 + lo * 1.44269504072144627571;
  const w = exponent + valueHi;
  return valueLo + (exponent - w + valueHi) + w;
};

/** Base-10 logarithm. */
export const log10 = (x: number): number => {
  if (!(x > 0 && x < Infinity)) return outsideLogDomain(x);
  const { exponent, hi, lo } = splitLog(x);
  const valueHi = hi * 4.34294481878168880939e-1;
  const y = exponent * 3.01029995663611771306e-1;
  const valueLo =
    exponent * 3.69423907715893078616e-13 +
    (lo + hi) * 2.50829467116452752298e-11 +
    lo * 4.34294481878168880939e-1;
  const w = y + valueHi;
  return valueLo + (y - w + valueHi) + w;
};

/** x = 2^exponent * m with m near 1, and log(m) = hi + lo to more than a double (k_log.h). */
const splitLog = (x: number): { exponent: number; hi: number; lo: number } => {
  let exponent = 0;
  let m = x;
  if (x < 2.2250738585072014e-308) {
    exponent = -54;
    m = x * TWO_54;
  }
  let high = highWord(m);
  exponent += (high >> 20) - 1023;
  high &= 0xfffff;
  const i = (high + 0x95f64) & 0x100000;
  exponent += i >> 20;
  const f = withHighWord(m, high | (i ^ 0x3ff00000)) - 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const r = s * (half + (w * (LG2 + w * (LG4 + w * LG6)) + z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)))));
  const hi = withoutLowWord(f - half);
  return { exponent, hi, lo: f - hi - half + r };
};

const outsideLogDomain = (x: number): number => (x === 0 ? -Infinity : x === Infinity ? Infinity : NaN);

const powerOfTwo = (k: number): number => withHighWord(0, (0x3ff + k) << 20);
