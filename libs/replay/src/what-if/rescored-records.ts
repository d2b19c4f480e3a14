import { compileVectorReader, type RevisionRead } from '#contracts';
import type { OnnxModel } from '#inference';
import { ContractViolation, formatPosition, timestampMs } from '#kernel';
import type { RecordedPair } from './recorded-traffic';
import type { SliceReader, SliceValue } from './slice-values';

export interface OpenModel {
  readonly name: string;
  readonly model: OnnxModel;
  readonly reads: RevisionRead;
}

/** Of one row, scored in batches, us. */
export interface ScoringLatency {
  readonly p50: number;
  readonly p99: number;
}

interface RecordedAnswer {
  readonly event_id: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly event_time: string;
  readonly version: number;
  readonly output: Readonly<Record<string, number | null>>;
}

/** Recorded answers and what a candidate says about the same vectors, by columns. */
export class RescoredRecords {
  readonly eventIds: string[] = [];
  readonly eventTimes: number[] = [];
  readonly entities: Readonly<Record<string, string>>[] = [];
  readonly positions: string[] = [];
  readonly baselineScores: number[] = [];
  readonly candidateScores: number[] = [];
  readonly sliceValues: SliceValue[] = [];
  readonly versions = new Set<number>();
  private readonly baselineUs: number[] = [];
  private readonly candidateUs: number[] = [];
  unscorable = 0;

  constructor(
    private readonly candidate: OpenModel,
    private readonly baseline: OpenModel | undefined,
    private readonly stopwatch: () => number,
  ) {}

  async add(pairs: readonly RecordedPair[], slices: SliceReader | undefined): Promise<void> {
    const { rows, matrix } = readRows(this.candidate, pairs);
    this.unscorable += pairs.length - rows.length;
    if (rows.length === 0) return;
    const scores = await this.timed(this.candidate, matrix, this.candidateUs);
    if (this.baseline) {
      const again = readRows(this.baseline, pairs);
      if (again.rows.length > 0) await this.timed(this.baseline, again.matrix, this.baselineUs);
    }
    for (const [at, pair] of rows.entries()) {
      const answer = JSON.parse(pair.prediction.value!.toString('utf8')) as RecordedAnswer;
      const recorded = answer.output[this.candidate.model.outputName];
      this.eventIds.push(answer.event_id);
      this.eventTimes.push(timestampMs(answer.event_time));
      this.entities.push(answer.entity);
      this.positions.push(formatPosition(pair.vector.partition, pair.vector.offset));
      this.versions.add(answer.version);
      this.baselineScores.push(recorded ?? Number.NaN);
      this.candidateScores.push(Number.isFinite(scores[at]!) ? scores[at]! : Number.NaN);
      if (slices) this.sliceValues.push(await slices.of(pair));
    }
  }

  latencyUs(): { readonly baseline: ScoringLatency | null; readonly candidate: ScoringLatency | null } {
    return { baseline: quantilesOf(this.baselineUs), candidate: quantilesOf(this.candidateUs) };
  }

  private async timed({ model }: OpenModel, matrix: Float32Array, us: number[]): Promise<Float32Array> {
    const begun = this.stopwatch();
    const scores = await model.score(matrix);
    us.push(((this.stopwatch() - begun) * 1_000) / scores.length);
    return scores;
  }
}

const quantilesOf = (us: readonly number[]): ScoringLatency | null => {
  if (us.length === 0) return null;
  const sorted = [...us].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 100) / 100;
  return { p50: at(0.5), p99: at(0.99) };
};

/** The vectors that carry what a model reads, as its matrix. */
const readRows = (
  { reads }: OpenModel,
  pairs: readonly RecordedPair[],
): { readonly rows: readonly RecordedPair[]; readonly matrix: Float32Array } => {
  const reader = compileVectorReader(reads);
  const width = reads.features.length;
  const matrix = new Float32Array(pairs.length * width);
  const rows: RecordedPair[] = [];
  for (const pair of pairs) {
    try {
      reader.readValues(pair.vector.value, matrix, rows.length);
      rows.push(pair);
    } catch (error) {
      if (!(error instanceof ContractViolation)) throw error;
    }
  }
  return { rows, matrix: matrix.subarray(0, rows.length * width) };
};
