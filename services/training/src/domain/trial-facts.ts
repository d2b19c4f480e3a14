import type { EventOf, TrainingTrialCompleted, TrainingTrialFailed, TrainingTrialStarted } from '#contracts';
import type { Proposal } from '#learn';
import type { RunSearch, TrialReport } from './run-search';

export type TrialFact =
  | { readonly type: 'trial-started'; readonly fact: EventOf<typeof TrainingTrialStarted> }
  | { readonly type: 'trial-completed'; readonly fact: EventOf<typeof TrainingTrialCompleted> }
  | { readonly type: 'trial-failed'; readonly fact: EventOf<typeof TrainingTrialFailed> };

type Identity = Pick<TrialFact['fact'], 'run' | 'model'>;

/** What an input, perhaps a report, makes known of trials: how one ended, and which ones begin. */
export const trialFacts = (
  identity: Identity,
  before: RunSearch | undefined,
  after: RunSearch | undefined,
  report: TrialReport | undefined,
): readonly TrialFact[] => {
  const known = new Set(before?.open.map(({ number }) => number));
  const begun = after?.open.filter(({ number }) => !known.has(number)) ?? [];
  const isNews = report !== undefined && known.has(report.trial - 1);
  return [
    ...(isNews ? [trialEnd(identity, before!.metric, report)] : []),
    ...begun.map((proposal): TrialFact => ({
      type: 'trial-started',
      fact: { ...identity, ...describeTrial(proposal) },
    })),
  ];
};

/** A proposal as facts say it: trials are counted from 1. */
export const describeTrial = ({ number, kind, parameters, resource, promoted }: Proposal) => ({
  trial: number + 1,
  trainer: kind,
  parameters: { ...parameters } as TrialReport['parameters'],
  resource,
  ...(promoted !== undefined && { promoted: promoted + 1 }),
});

const trialEnd = (identity: Identity, metric: string, report: TrialReport): TrialFact => {
  if (report.outcome === 'failed') {
    const { outcome: _, ...fact } = report;
    return { type: 'trial-failed', fact: { ...fact, ...identity } };
  }
  const { outcome: _, ...fact } = report;
  return { type: 'trial-completed', fact: { ...fact, ...identity, metric } };
};
