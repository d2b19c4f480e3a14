import {
  compileEventValidator,
  compileObservationEncoder,
  type CompiledStream,
  type Observation,
} from '#contracts';
import { Refused } from '#kernel';
import type { ExpectedEvent } from '#folds';

/** Keys and ids are written into every record that follows from an event; ingestion takes no longer ones. */
const MAX_KEY_LENGTH = 1_000;

export interface ReadEvent extends ExpectedEvent {
  readonly fields: Observation;
  /** Canonical text of its id. */
  readonly id: string;
}

/**
 * Reads an event as ingestion does: types, ranges, rules, canonical values, fields that the stream does not declare dropped.
 * Throws Refused, with the code of the rejection in `details`, where the stream would reject it.
 */
export const compileEventReader = (stream: CompiledStream): ((raw: unknown) => ReadEvent) => {
  const validate = compileEventValidator(stream);
  const encode = compileObservationEncoder(stream);
  return (raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `"event" must be an event of the stream ${stream.name}: an object`,
      );
    const valid = validate(raw as Readonly<Record<string, unknown>>);
    if (valid.fault) throw rejected(stream, valid.fault);
    for (const [field, text] of [
      [stream.key, valid.key],
      [stream.id, valid.id],
    ] as const)
      if (text.length > MAX_KEY_LENGTH)
        throw rejected(stream, {
          code: 'TOO_LONG',
          message: `${field} has more than ${MAX_KEY_LENGTH} characters`,
          field,
        });
    const { event, key, id, timeMs } = valid;
    return { fields: event, value: encode(event), key: key.normalize('NFC'), id, time: timeMs };
  };
};

export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

export const rejected = (
  { name }: Pick<CompiledStream, 'name'>,
  { code, message, field }: Rejection,
): Refused =>
  new Refused('PLAYHEAD_REQUEST_INVALID', `the stream ${name} would reject this event: ${code}: ${message}`, {
    details: { stream: name, rejection: code, ...(field !== undefined && { field }) },
  });
