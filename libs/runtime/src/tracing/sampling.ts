import { SAMPLED } from './trace-context';
import type { TraceWords } from './trace-ids';

/** The samplers of `OTEL_TRACES_SAMPLER` that need nothing but the trace. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof SAMPLERS)[number];

/** Which traces are recorded. The id of the trace and what its beginner said decide alone, so every hop decides alike. */
export class Sampling {
  private readonly bound: number;
  private readonly parentBased: boolean;

  /** `ratio` is read by the samplers that are named after it. */
  constructor(name: SamplerName = 'parentbased_always_on', ratio = 1) {
    const share = name.endsWith('always_on') ? 1 : name.endsWith('always_off') ? 0 : ratio;
    this.bound = share >= 1 ? 4294967296 : Math.floor(share * 0xffffffff);
    this.parentBased = name.startsWith('parentbased_');
  }

  /** Of a trace that begins here. The same share of ids as the SDK's `TraceIdRatioBasedSampler`. */
  begins(words: TraceWords): boolean {
    return (words[0] ^ words[1] ^ words[2] ^ words[3]) >>> 0 < this.bound;
  }

  /** Of a trace that came with a record. */
  continues(flags: number, words: () => TraceWords): boolean {
    return this.parentBased ? (flags & SAMPLED) !== 0 : this.begins(words());
  }
}
