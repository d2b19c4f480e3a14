import type { Kernels } from './kernels';
import { plainKernels } from './plain-kernels';
import { SIMD_BYTES, simdKernels } from './simd-kernels';

/** The fastest kernels for so many bytes of arrays. A memory of their own is not worth it for a small table. */
export const kernelsFor = (bytes: number): Kernels => {
  if (bytes < SMALL || bytes > SIMD_BYTES) return plainKernels();
  try {
    return simdKernels();
  } catch (error) {
    if (error instanceof RangeError) return plainKernels();
    throw error;
  }
};

const SMALL = 1 << 17;
