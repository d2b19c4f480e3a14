/**
 * Port of fdlibm's e_pow.c, below 0.70 ulp from the true value: see portable-math.ts.
 *
 * Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice is preserved.
 */
import { highWord, lowWord, withHighWord, withoutLowWord } from './double-bits';

/**
 * x to the power y, with the special cases of ECMAScript's `Math.pow` (so `pow(1, NaN)` and `pow(±1, ±Infinity)` are NaN).
 * Same bits on every engine.
 */
export const pow = (x: number, y: number): number => {
  if (y === 0) return 1;
  if (x !== x || y !== y) return NaN;
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === -1) return 1 / x;
  const ax = Math.abs(x);
  if (y === Infinity || y === -Infinity) return ax === 1 ? NaN : ax > 1 === y > 0 ? Infinity : 0;
  const odd = isOddInteger(y);
  if (ax === 0 || ax === Infinity || ax === 1) {
    const z = y < 0 ? 1 / ax : ax;
    if (x > 0 || Object.is(x, 0)) return z;
    if (ax === 1 && !Number.isInteger(y)) return NaN;
    return odd ? -z : z;
  }
  if (y === 0.5 && x >= 0) return Math.sqrt(x);
  if (x < 0 && !Number.isInteger(y)) return NaN;
  const sign = x < 0 && odd ? -1 : 1;
  return sign * positivePow(ax, y);
};

const isOddInteger = (y: number): boolean => Number.isInteger(y) && Math.abs(y % 2) === 1;

/** log2(ax) = hi + lo, to about 2^-66 of its value; hi has half of a double's digits. */
interface SplitLog {
  readonly hi: number;
  readonly lo: number;
}

const IVLN2 = 1.442695040888963387;
const IVLN2_H = 1.44269502162933349609;
const IVLN2_L = 1.92596299112661746887e-8;

/** For |ax - 1| <= 2^-20, where exponents beyond 2^31 still give finite powers. */
const log2NearOne = (ax: number): SplitLog => {
  const t = ax - 1;
  const w = t * t * (0.5 - t * (0.3333333333333333333333 - t * 0.25));
  const u = IVLN2_H * t;
  const v = t * IVLN2_L - w * IVLN2;
  const hi = withoutLowWord(u + v);
  return { hi, lo: v - (hi - u) };
};

const CP = 9.61796693925975554329e-1;
const CP_H = 9.61796700954437255859e-1;
const CP_L = -7.02846165095275826516e-9;
const L1 = 5.99999999999994648725e-1;
const L2 = 4.28571428578550184252e-1;
const L3 = 3.33333329818377432918e-1;
const L4 = 2.72728123808534006489e-1;
const L5 = 2.30660745775561754067e-1;
const L6 = 2.06975017800338417784e-1;

const log2Split = (ax: number): SplitLog => {
  let n = 0;
  let m = ax;
  if (ax < 2.2250738585072014e-308) {
    m = ax * 9007199254740992;
    n = -53;
  }
  let high = highWord(m);
  n += (high >> 20) - 0x3ff;
  const j = high & 0xfffff;
  high = j | 0x3ff00000;
  let upper = false;
  if (j > 0x3988e) {
    if (j < 0xbb67a) {
      upper = true;
    } else {
      n += 1;
      high -= 0x100000;
    }
  }
  m = withHighWord(m, high);
  const bp = upper ? 1.5 : 1;
  const dpH = upper ? 5.84962487220764160156e-1 : 0;
  const dpL = upper ? 1.35003920212974897128e-8 : 0;
  const u = m - bp;
  const v = 1 / (m + bp);
  const s = u * v;
  const sH = withoutLowWord(s);
  const mH = withHighWord(0, ((high >> 1) | 0x20000000) + 0x80000 + (upper ? 0x40000 : 0));
  const sL = v * (u - sH * mH - sH * (m - (mH - bp)));
  let s2 = s * s;
  let r = s2 * s2 * (L1 + s2 * (L2 + s2 * (L3 + s2 * (L4 + s2 * (L5 + s2 * L6)))));
  r += sL * (sH + s);
  s2 = sH * sH;
  const tH = withoutLowWord(3 + s2 + r);
  const tL = r - (tH - 3 - s2);
  const a = sH * tH;
  const b = sL * tH + tL * s;
  const pH = withoutLowWord(a + b);
  const pL = b - (pH - a);
  const zH = CP_H * pH;
  const zL = CP_L * pH + pL * CP + dpL;
  const hi = withoutLowWord(zH + zL + dpH + n);
  return { hi, lo: zL - (hi - n - dpH - zH) };
};

const LG2 = 6.93147180559945286227e-1;
const LG2_H = 6.93147182464599609375e-1;
const LG2_L = -1.90465429995776804525e-9;
const OVT = 8.0085662595372944372e-17;
const P1 = 1.66666666666666019037e-1;
const P2 = -2.77777777770155933842e-3;
const P3 = 6.61375632143793436117e-5;
const P4 = -1.6533902205465251539e-6;
const P5 = 4.13813679705723846039e-8;

const positivePow = (ax: number, y: number): number => {
  const magnitude = highWord(y) & 0x7fffffff;
  let near = false;
  if (magnitude > 0x41e00000) {
    const high = highWord(ax);
    if (magnitude > 0x43f00000 || high < 0x3fefffff || high > 0x3ff00000)
      return ax < 1 === y < 0 ? Infinity : 0;
    near = true;
  }
  const log = near ? log2NearOne(ax) : log2Split(ax);

  const y1 = withoutLowWord(y);
  const pL = (y - y1) * log.hi + y * log.lo;
  let pH = y1 * log.hi;
  const product = pL + pH;
  const j = highWord(product);
  const low = lowWord(product);
  if (j >= 0x40900000) {
    if (((j - 0x40900000) | low) !== 0 || pL + OVT > product - pH) return Infinity;
  } else if ((j & 0x7fffffff) >= 0x4090cc00) {
    if (((j - (0xc090cc00 | 0)) | low) !== 0 || pL <= product - pH) return 0;
  }
  const i = j & 0x7fffffff;
  let n = 0;
  if (i > 0x3fe00000) {
    n = j + (0x100000 >> ((i >> 20) - 0x3ff + 1));
    const k = ((n & 0x7fffffff) >> 20) - 0x3ff;
    pH -= withHighWord(0, n & ~(0xfffff >> k));
    n = ((n & 0xfffff) | 0x100000) >> (20 - k);
    if (j < 0) n = -n;
  }
  const t = withoutLowWord(pL + pH);
  const u = t * LG2_H;
  const v = (pL - (t - pH)) * LG2 + t * LG2_L;
  const z = u + v;
  const w = v - (z - u);
  const z2 = z * z;
  const t1 = z - z2 * (P1 + z2 * (P2 + z2 * (P3 + z2 * (P4 + z2 * P5))));
  const r = (z * t1) / (t1 - 2) - (w + z * w);
  return timesPowerOfTwo(1 - (r - z), n);
};

/** z * 2^n for z near 1, rounded once where the result is subnormal. */
const timesPowerOfTwo = (z: number, n: number): number => {
  const high = highWord(z) + (n << 20);
  if (high >> 20 > 0) return withHighWord(z, high);
  const raised = highWord(z) + ((n + 54) << 20);
  return raised >> 20 > 0 ? withHighWord(z, raised) * 5.55111512312578270212e-17 : 0;
};
