import { ContractViolation, tryParsePosition, type Position } from '#kernel';
import { HEADERS } from './header-names';

/** One header on the wire; structurally the log port's `HeaderEntry`. */
export type EnvelopeHeader = readonly [name: string, value: Buffer];

interface ReadableHeaders {
  text(name: string): string | undefined;
}

/**
 * The headers that are the same on every record of one output topic: shared buffers, built once, in front of the two or more
 * that differ. `ce_source` of a derived record names its source topic (below the namespace).
 */
export class EnvelopeTemplate {
  private readonly constant: readonly EnvelopeHeader[];

  constructor(
    readonly fixed: { readonly type: string; readonly source: string; readonly contentType?: string },
  ) {
    this.constant = [
      [HEADERS.specversion, Buffer.from('1.0')],
      [HEADERS.type, Buffer.from(fixed.type)],
      [HEADERS.source, Buffer.from(fixed.source)],
      [HEADERS.contentType, Buffer.from(fixed.contentType ?? 'application/json')],
    ];
  }

  /** Headers of one record. `extra` follows as it is (for example shared `ph_control` and `ph_definition` entries). */
  headers(id: string, time: string, ...extra: readonly EnvelopeHeader[]): EnvelopeHeader[] {
    const [specversion, type, source, contentType] = this.constant as [
      EnvelopeHeader,
      EnvelopeHeader,
      EnvelopeHeader,
      EnvelopeHeader,
    ];
    return [
      specversion,
      type,
      source,
      contentType,
      [HEADERS.id, Buffer.from(id)],
      [HEADERS.time, Buffer.from(time)],
      ...extra,
    ];
  }
}

/** The envelope of a derived record as read back from the log. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** ISO 8601, ms, UTC. */
  readonly time: string;
}

/** Reads the envelope of one of our own records; throws ContractViolation when a header is missing. */
export const readEnvelope = (headers: ReadableHeaders): Envelope => {
  const required = (name: string): string => {
    const value = headers.text(name);
    if (value === undefined)
      throw new ContractViolation('PLAYHEAD_ENVELOPE_INVALID', `the record has no ${name} header`);
    return value;
  };
  return {
    id: required(HEADERS.id),
    type: required(HEADERS.type),
    source: required(HEADERS.source),
    time: required(HEADERS.time),
  };
};

/** The source position that a derived record's `ce_id` names, or undefined where the id is a request id. */
export const sourcePositionOf = (headers: ReadableHeaders): Position | undefined => {
  const id = headers.text(HEADERS.id);
  return id === undefined ? undefined : tryParsePosition(id);
};

/** The control position of a derived record; -1 where it was decided before any control fact. */
export const controlPositionOf = (headers: ReadableHeaders): number | undefined => {
  const text = headers.text(HEADERS.control);
  return text === undefined ? undefined : Number(text);
};
