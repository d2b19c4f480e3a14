import { Refused, timestampMs } from '#kernel';

/** Says when an event may go: at once, at so many a second, or as fast as its event times times a factor. */
export interface Pacing {
  /** Milliseconds to wait before the event, given ms since the start and the number of events sent. */
  waitMs(elapsedMs: number, sent: number, eventTime: unknown): number;
}

export const parsePacing = (options: { readonly rate?: string; readonly speed?: string }): Pacing => {
  if (options.rate !== undefined && options.speed !== undefined)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say --rate or --speed, not both');
  if (options.rate !== undefined) return atRate(options.rate);
  if (options.speed === undefined || options.speed === 'max') return { waitMs: () => 0 };
  return atSpeed(options.speed);
};

const atRate = (text: string): Pacing => {
  const match = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text);
  if (!match || Number(match[1]) <= 0)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `--rate is a number of events a second such as 500/s, not "${text}"`,
    );
  const perMs = Number(match[1]) / 1_000;
  return { waitMs: (elapsedMs, sent) => Math.max(0, sent / perMs - elapsedMs) };
};

const atSpeed = (text: string): Pacing => {
  const match = /^(\d+(?:\.\d+)?)x$/.exec(text);
  if (!match || Number(match[1]) <= 0)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `--speed is a factor such as 60x, or max, not "${text}"`);
  const factor = Number(match[1]);
  let first: number | undefined;
  return {
    waitMs: (elapsedMs, _sent, eventTime) => {
      const time =
        typeof eventTime === 'string' || typeof eventTime === 'number' ? timestampMs(eventTime) : Number.NaN;
      if (Number.isNaN(time)) return 0;
      first ??= time;
      return Math.max(0, (time - first) / factor - elapsedMs);
    },
  };
};
