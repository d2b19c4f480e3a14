import type { Alert } from '../../data/monitoring';
import { Badge } from '../../parts/layout';

export const AlertState = ({ alert }: { readonly alert: Alert }) => {
  if (alert.state === 'resolved') return <Badge tone="good">resolved</Badge>;
  if (alert.acknowledged) return <Badge tone="accent">seen by {alert.acknowledged.by}</Badge>;
  if (alert.silenced) return <Badge tone="accent">silenced</Badge>;
  return <Badge tone="warn">open</Badge>;
};
