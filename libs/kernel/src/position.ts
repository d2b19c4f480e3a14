import { Refused } from './errors';

/** A place on the log. `k` tells several outputs of one source record apart; 0 where there is one. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
  readonly k: number;
}

/** `2-18273`, or `2-18273.1` where one record gives several outputs (architecture.md section 2). */
export const formatPosition = (partition: number, offset: number, k = 0): string =>
  k === 0 ? `${partition}-${offset}` : `${partition}-${offset}.${k}`;

const POSITION = /^(\d{1,9})-(\d{1,16})(?:\.(\d{1,9}))?$/;

export const tryParsePosition = (text: string): Position | undefined => {
  const match = POSITION.exec(text);
  if (!match) return undefined;
  return {
    partition: Number(match[1]),
    offset: Number(match[2]),
    k: match[3] === undefined ? 0 : Number(match[3]),
  };
};

export const parsePosition = (text: string): Position => {
  const position = tryParsePosition(text);
  if (!position)
    throw new Refused('PLAYHEAD_POSITION_INVALID', `"${text}" is not a position; write <partition>-<offset>`);
  return position;
};

/** Order within one source partition (law L3): negative when a is before b. */
export const comparePositions = (
  a: Pick<Position, 'offset' | 'k'>,
  b: Pick<Position, 'offset' | 'k'>,
): number => a.offset - b.offset || a.k - b.k;
