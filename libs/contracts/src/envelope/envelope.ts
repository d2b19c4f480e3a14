import { ContractViolation, tryParsePosition, type Position } from '#kernel';
import { HEADERS } from './header-names';

/** One header to write; structurally the log port's `NewHeader`. */
export type EnvelopeHeader = readonly [name: string, value: Buffer | string];

interface ReadableHeaders {
  text(name: string): string | undefined;
}

/**
 * The headers of the records of one output topic. `ce_source` of a derived record names its source topic (below the namespace).
 * Hot topics take them in two parts, so that a log encodes the common one once: `shared`, the same array as long as it is asked with
 * the same entries, and `own`. `headers` is both, for everything else.
 */
export class EnvelopeTemplate {
  private readonly constant: readonly EnvelopeHeader[];
  private with: readonly EnvelopeHeader[] = [];
  private common: readonly EnvelopeHeader[];

  constructor(
    readonly fixed: { readonly type: string; readonly source: string; readonly contentType?: string },
  ) {
    this.constant = [
      [HEADERS.specversion, '1.0'],
      [HEADERS.type, fixed.type],
      [HEADERS.source, fixed.source],
      [HEADERS.contentType, fixed.contentType ?? 'application/json'],
    ];
    this.common = this.constant;
  }

  /** What does not change from record to record: the constant headers and `extra` (control, definition, model). */
  shared(...extra: readonly EnvelopeHeader[]): readonly EnvelopeHeader[] {
    if (extra.length !== this.with.length || extra.some((header, index) => header !== this.with[index])) {
      this.with = extra;
      this.common = [...this.constant, ...extra];
    }
    return this.common;
  }

  /** What every record has of its own. */
  own(id: string, time: string, ...extra: readonly EnvelopeHeader[]): EnvelopeHeader[] {
    return [[HEADERS.id, id], [HEADERS.time, time], ...extra];
  }

  headers(id: string, time: string, ...extra: readonly EnvelopeHeader[]): EnvelopeHeader[] {
    return [...this.constant, ...this.own(id, time, ...extra)];
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
