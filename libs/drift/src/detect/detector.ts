/** A change detector: a fold over one stream of numbers in bounded memory. */
export interface Detector {
  /**
   * Takes the next value: for `ddm`, `eddm`, `hddm_a` and `hddm_w` the error of a decision, 0 or 1; for the others any number. What is not
   * finite is passed over. The value after a detection is the first of a new beginning, as in River.
   */
  observe(value: number): void;
  /** Whether the last value made a change certain. */
  readonly driftDetected: boolean;
  /** Whether a change is suspected; false for detectors that do not tell suspicion from certainty. */
  readonly warning: boolean;
  /** All that decides what comes next, without the options; numbers that survive JSON to the bit. */
  toJSON(): number[];
  /** Goes on from what `toJSON` gave. */
  restore(state: readonly number[]): void;
}

/** What all detectors share: what is passed over, and the beginning anew after a detection. */
export abstract class ResettingDetector implements Detector {
  driftDetected = false;
  warning = false;

  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    if (this.driftDetected) {
      this.driftDetected = false;
      this.warning = false;
      this.reset();
    }
    this.take(value);
  }

  toJSON(): number[] {
    return [this.driftDetected ? 1 : 0, this.warning ? 1 : 0, ...this.save()];
  }

  restore([drift, warning, ...state]: readonly number[]): void {
    this.driftDetected = drift === 1;
    this.warning = warning === 1;
    this.load(state);
  }

  protected abstract take(value: number): void;
  protected abstract reset(): void;
  protected abstract save(): number[];
  protected abstract load(state: readonly number[]): void;
}
