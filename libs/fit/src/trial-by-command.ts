import { cutLatest, queryOrder, withQueries } from './part';
import { thinned, TRIAL_SHARE } from './fit-trial';
import type { Fit, FitTrial } from './fit-thread';

/** Tries the parameters of a program: it learns from the older training rows, and is judged by the latest ones. */
export const trialByFit =
  (fit: Fit): FitTrial =>
  async ({ request, features, train, metric, rows }, control) => {
    const { task, query } = request;
    const whole = task === 'ranking' ? withQueries(train, queryOrder(train, features, query)) : train;
    const parts = cutLatest(whole, TRIAL_SHARE);
    const { metrics } = await fit(
      {
        request: { ...request, gates: [], evaluate: { bootstrap: 0 } },
        features,
        train: thinned(parts.rows, rows),
        holdout: parts.latest,
      },
      control,
    );
    return metrics.holdout[metric] ?? null;
  };

/** One `FitTrial` for all kinds of trainers. */
export const trialByKind =
  ({ learn, command }: { readonly learn: FitTrial; readonly command: FitTrial }): FitTrial =>
  (job, control) =>
    job.request.trainer.kind === 'command' ? command(job, control) : learn(job, control);
