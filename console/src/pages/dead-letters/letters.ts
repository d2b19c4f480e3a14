import { callDoor } from '../../data/door';
import { plural } from '../../parts/format';

/** `GET /v1/dead-letters` of ingestion, which owns the inboxes that letters go back to. */
export interface Letter {
  readonly topic: string;
  readonly position: string;
  readonly code: string;
  readonly reason: string;
  readonly origin: string;
  readonly attempts: number | null;
  readonly firstFailed: string | null;
  readonly handler: string | null;
  readonly count: number | null;
}

interface Redriven {
  readonly redriven: number;
  readonly refused: readonly { readonly position: string; readonly refused: string }[];
}

/** Only ingestion reads an inbox: letters of later steps are mended by a replay. */
export const canBeDriven = (topic: string): boolean => topic.startsWith('ingestion.');

export const redrive = (source: string, choice: object): Promise<Redriven> =>
  callDoor<Redriven>('ingestion', `/v1/dead-letters/${encodeURIComponent(source)}/redrive`, {
    method: 'POST',
    body: choice,
  });

export const saidOf = ({ redriven, refused }: Redriven): string =>
  [
    `${plural(redriven, 'record')} appended to the inbox again`,
    ...refused.map(({ position, refused: why }) => `${position} is left out: ${why}`),
  ].join('; ');
