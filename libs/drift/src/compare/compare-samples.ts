import { andersonDarling } from './anderson-darling';
import { chiSquareOfCounts } from './chi-square';
import { cramerVonMises } from './cramer-von-mises';
import { hellingerOfCounts, jensenShannonOfCounts, klOfCounts, psiOfCounts } from './divergence';
import { kolmogorovSmirnovP } from './kolmogorov-smirnov';
import type { PairedSample } from './paired-sample';
import { distinctCounts, pooledCounts } from './pooled-bins';
import { automaticStatistic, isTest, VERDICTS, type ColumnType, type DriftStatistic } from './rules';
import { energyDistance, normedWasserstein } from './wasserstein';
import { zTestOfCounts } from './z-test';

export interface SampleRule {
  readonly type: ColumnType;
  /** Default `auto`: as Evidently chooses (`automaticStatistic`). */
  readonly statistic?: DriftStatistic | 'auto';
  /** By default that of the statistic. */
  readonly threshold?: number;
}

export interface SampleDrift {
  readonly statistic: DriftStatistic;
  /** Null where the samples are too small or too uniform for the statistic; an infinite one stands as the largest double. */
  readonly value: number | null;
  /** Of tests; null for distances. */
  readonly pValue: number | null;
  readonly threshold: number;
  /** What the threshold is of. */
  readonly by: 'value' | 'p_value';
  readonly drifted: boolean | null;
}

/** Whole columns against each other, with the figures and the verdict of Evidently 0.7.23. */
export const compareSamples = (sample: PairedSample, rule: SampleRule): SampleDrift => {
  const { type, statistic: asked = 'auto' } = rule;
  const statistic =
    asked === 'auto'
      ? automaticStatistic({ type, referenceRows: sample.rows.reference, distinct: sample.values.length })
      : asked;
  const { value, pValue } = statisticOf(statistic, sample, type);
  const threshold = rule.threshold ?? VERDICTS[statistic].threshold;
  const figure = isTest(statistic) ? pValue : value;
  return {
    statistic,
    value: value === null ? null : Math.min(value, Number.MAX_VALUE),
    pValue,
    threshold,
    by: isTest(statistic) ? 'p_value' : 'value',
    drifted: figure === null ? null : VERDICTS[statistic].drifted(figure, threshold),
  };
};

interface Figures {
  readonly value: number | null;
  readonly pValue: number | null;
}

const NOTHING: Figures = { value: null, pValue: null };

export const statisticOf = (statistic: DriftStatistic, sample: PairedSample, type: ColumnType): Figures => {
  switch (statistic) {
    case 'psi':
      return distance(psiOfCounts(...pooledCounts(sample, type)));
    case 'jensen_shannon':
      return distance(jensenShannonOfCounts(...pooledCounts(sample, type)));
    case 'kl':
      return distance(klOfCounts(...pooledCounts(sample, type)));
    case 'hellinger':
      return distance(hellingerOfCounts(...distinctCounts(sample, type)));
    case 'wasserstein':
      return distance(normedWasserstein(sample));
    case 'energy':
      return distance(energyDistance(sample));
    case 'kolmogorov_smirnov':
      return kolmogorovSmirnovTest(sample);
    case 'chi_square':
      return chiSquareOfCounts(sample.reference, sample.current) ?? NOTHING;
    case 'z_test':
      return zTestOfCounts(sample.reference, sample.current) ?? NOTHING;
    case 'cramer_von_mises':
      return cramerVonMises(sample) ?? NOTHING;
    case 'anderson_darling':
      return andersonDarling(sample) ?? NOTHING;
  }
};

const distance = (value: number | null): Figures => ({ value, pValue: null });

const kolmogorovSmirnovTest = ({ reference, current, rows }: PairedSample): Figures => {
  let [left, right, value] = [0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    left += reference[i]!;
    right += current[i]!;
    value = Math.max(value, Math.abs(left / rows.reference - right / rows.current));
  }
  return { value, pValue: kolmogorovSmirnovP(value, rows.reference, rows.current) };
};
