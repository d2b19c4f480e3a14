import type { ServiceName } from '../../data/door';
import type { Rates } from '../../data/live';

/** What one service did in a second. */
export interface ServiceRate {
  readonly perSecond: number;
  readonly records: number;
  /** Undefined where nothing was committed yet. */
  readonly lag: number | undefined;
}

/** The topics that count what a service does, and what one record of them is. */
export const WORK: Readonly<
  Record<ServiceName, { readonly topics: readonly string[]; readonly noun: string }>
> = {
  ingestion: { topics: ['ingestion.observations.'], noun: 'observations' },
  feature: { topics: ['feature.vectors.'], noun: 'vectors' },
  serving: { topics: ['serving.predictions.', 'serving.answers.', 'serving.requests.'], noun: 'predictions' },
  monitoring: { topics: ['monitoring.reports'], noun: 'reports' },
  training: { topics: ['training.runs'], noun: 'facts of runs' },
  registry: { topics: ['registry.inputs'], noun: 'decisions' },
};

export const rateOf = ({ topics, lags }: Rates, service: ServiceName): ServiceRate => {
  const mine = topics.filter(({ topic }) => WORK[service].topics.some((start) => topic.startsWith(start)));
  const behind = lags.filter((lag) => lag.service === service);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    perSecond: sum(mine.map(({ perSecond }) => perSecond)),
    records: sum(mine.map(({ records }) => records)),
    lag: behind.length === 0 ? undefined : sum(behind.map(({ records }) => records)),
  };
};
