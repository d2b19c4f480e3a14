import type { EventOf, SilenceSet } from '#contracts';
import { timestampMs } from '#kernel';

export type Silence = EventOf<typeof SilenceSet>;
export type Match = Silence['match'];

/** What a silence can ask of an alert. */
export interface Silenceable {
  readonly deployment: string;
  readonly kind: string;
  readonly subject: string;
}

const FIELDS = ['deployment', 'kind', 'subject'] as const;

/** All of what is said fits. */
export const matches = (match: Match, alert: Silenceable): boolean =>
  FIELDS.every((field) => match[field] === undefined || fits(match[field], alert[field]));

/**
 * Whether a text is what a pattern says, in which `*` stands for any text, also none. Each piece between stars is taken at its first place
 * behind the one before: time is of the length of the text and not of the number of stars.
 */
export const fits = (pattern: string, text: string): boolean => {
  const [first, ...pieces] = pattern.split('*');
  const last = pieces.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first!) || text.length < first!.length + last.length) return false;
  let at = first!.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.endsWith(last) && text.length - last.length >= at;
};

/** The silence that holds an alert back at a time, of several the one that lasts longest. */
export const silenceOf = (
  silences: Iterable<Silence>,
  alert: Silenceable,
  nowMs: number,
): Silence | undefined => {
  let longest: Silence | undefined;
  for (const silence of silences) {
    if (timestampMs(silence.until) <= nowMs || !matches(silence.match, alert)) continue;
    if (!longest || timestampMs(silence.until) > timestampMs(longest.until)) longest = silence;
  }
  return longest;
};
