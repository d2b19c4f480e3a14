import type { RunStatus } from '../../data/registry';
import { Badge, type Tone } from '../../parts/layout';

const TONES: Readonly<Record<RunStatus, Tone>> = {
  requested: 'plain',
  started: 'accent',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
  rejected: 'bad',
};

export const StatusBadge = ({ status }: { readonly status: RunStatus }) => (
  <Badge tone={TONES[status]}>{status}</Badge>
);

export const RUN_STATES = Object.keys(TONES);
