import { callDoor } from './door';
import type { Alert } from './monitoring';

/** `GET /v1/alerts/:alert`: with those who were told of it. */
export interface AlertDetail extends Alert {
  readonly notifications: readonly Notification[];
}

export interface Notification {
  readonly notification: string;
  readonly because: string;
  readonly channel: string;
  readonly target: string;
  readonly state: 'waiting' | 'delivered' | 'given up';
  readonly dueAt: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly error: string | null;
}

/** Of `GET /v1/silences`. */
export interface Silence {
  readonly silence: string;
  readonly actor: string;
  readonly match: { readonly deployment?: string; readonly kind?: string; readonly subject?: string };
  readonly from: string;
  readonly until: string;
  readonly comment?: string;
  readonly inForce: boolean;
  readonly holdsBack: readonly string[];
}

export const pathOfAlert = (alert: string): string => `/v1/alerts/${encodeURIComponent(alert)}`;

export const acknowledge = (alert: string, comment: string | undefined): Promise<unknown> =>
  callDoor('monitoring', `${pathOfAlert(alert)}/acknowledge`, {
    method: 'POST',
    body: comment === undefined ? {} : { comment },
  });

export const resolve = (alert: string, reason: string): Promise<unknown> =>
  callDoor('monitoring', `${pathOfAlert(alert)}/resolve`, { method: 'POST', body: { reason } });

/** Nobody is told of such alerts for a while. */
export const silence = (
  { deployment, kind, subject }: Alert,
  length: string,
  comment: string | undefined,
): Promise<unknown> =>
  callDoor('monitoring', '/v1/silences', {
    method: 'POST',
    body: { deployment, kind, subject, for: length, ...(comment !== undefined && { comment }) },
  });

export const unsilence = (id: string): Promise<unknown> =>
  callDoor('monitoring', `/v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' });
