import type { Fit } from '../fit-thread';

export interface FitsByKind {
  readonly learn: Fit;
  readonly command: Fit;
  readonly imported: Fit;
}

/** One `Fit` for all kinds of trainers. */
export const fitByKind =
  ({ learn, command, imported }: FitsByKind): Fit =>
  (job, control) => {
    const { kind } = job.request.trainer;
    if (kind === 'command') return command(job, control);
    return kind === 'imported' ? imported(job, control) : learn(job, control);
  };
