import { Badge, type Tone } from '../../parts/layout';

const TONES: Readonly<Record<string, Tone>> = {
  passed: 'good',
  approved: 'good',
  failed: 'bad',
  rejected: 'bad',
};

export const VersionStatus = ({ status }: { readonly status: string }) => (
  <Badge tone={TONES[status] ?? 'plain'}>{status}</Badge>
);
