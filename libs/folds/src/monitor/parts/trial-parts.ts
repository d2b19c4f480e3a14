import { BinaryPerformance, type BinaryPerformanceData } from '#drift';

/** The rollout or bandit that a prediction was part of, and the route that answered. */
export interface Trial {
  readonly name: string;
  readonly route: string;
}

/** Of which predictions labels are counted together. */
export interface TrialArm extends Trial {
  readonly version: number;
  readonly threshold: number | null;
}

export interface TrialPart {
  readonly arm: TrialArm;
  readonly counts: BinaryPerformance;
}

export interface StoredTrialParts {
  readonly parts: readonly { readonly arm: TrialArm; readonly counts: BinaryPerformanceData }[];
  readonly next: number;
}

/** Metrics of decisions where a deployment decides nothing. */
const DEFAULT_THRESHOLD = 0.5;

/** What labels say of rollouts and bandits as they come: parts collect until they are taken. Parts of an arm add up. */
export class TrialParts {
  private readonly parts = new Map<string, TrialPart>();

  /** `next`: offset behind what was taken last. */
  constructor(private next = 0) {}

  count(arm: TrialArm, score: number | null, label: number, change: 'observe' | 'retract'): void {
    const key = `${arm.name}#${arm.route}/${arm.version}/${arm.threshold}`;
    let part = this.parts.get(key);
    if (!part)
      this.parts.set(
        key,
        (part = { arm, counts: new BinaryPerformance(arm.threshold ?? DEFAULT_THRESHOLD) }),
      );
    part.counts[change](score ?? Number.NaN, label === 1);
  }

  /** Takes out all parts, of inputs in [from, to). */
  take(to: number): { readonly parts: readonly TrialPart[]; readonly from: number; readonly to: number } {
    const parts = [...this.parts.values()];
    const from = this.next;
    this.parts.clear();
    this.next = to;
    return { parts, from, to };
  }

  toJSON(): StoredTrialParts {
    const parts = [...this.parts.values()].map(({ arm, counts }) => ({ arm, counts: counts.toJSON() }));
    return { parts, next: this.next };
  }

  static fromJSON({ parts, next }: StoredTrialParts): TrialParts {
    const restored = new TrialParts(next);
    for (const { arm, counts } of parts)
      restored.parts.set(`${arm.name}#${arm.route}/${arm.version}/${arm.threshold}`, {
        arm,
        counts: BinaryPerformance.fromJSON(counts),
      });
    return restored;
  }
}
