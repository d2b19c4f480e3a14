/** The arrays that kernels work on; only arrays from here may be given to them. */
export interface Memory {
  bytes(length: number): Uint8Array;
  int32(length: number): Int32Array;
  uint32(length: number): Uint32Array;
  float64(length: number): Float64Array;
}
