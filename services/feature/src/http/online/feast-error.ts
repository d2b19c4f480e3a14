import { ERROR_CODES, Refused, isPlatformError, type ErrorCode } from '#kernel';

/** Classes of `feast.errors` that the stock client raises again by name. */
type FeastClass =
  | 'FeastError'
  | 'FeatureNameCollisionError'
  | 'FeatureServiceNotFoundException'
  | 'FeatureViewNotFoundException'
  | 'SpecifiedFeaturesNotPresentError';

/** A refusal that Feast's client raises as `feast.errors.<name>`. */
export const feastRefusal = (name: FeastClass, code: ErrorCode, message: string): Refused =>
  new Refused(code, message, { details: { feast: name } });

/** One fault of the body, as FastAPI tells it. */
export interface BodyFault {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

/** A body that is no request of Feast's. */
export class InvalidBody extends Error {
  constructor(readonly detail: readonly BodyFault[]) {
    super(detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
  }
}

export interface FeastAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/**
 * An error as Feast's feature server tells it: what the body lacks by 422 with FastAPI's `detail`; else a JSON string that holds
 * `{"module", "class", "message"}` (`FeastError.to_error_detail`), from which the client makes the exception again. `code` is ours.
 * The status is that of the code: Feast says 500 for most mistakes of a caller.
 */
export const feastErrorAnswer = (error: unknown): FeastAnswer | undefined => {
  if (error instanceof InvalidBody) return { status: 422, body: JSON.stringify({ detail: error.detail }) };
  if (!isPlatformError(error) || error.code === 'PLAYHEAD_DEFECT') return undefined;
  const { code, message, details } = error;
  const name = (details as { feast?: string } | undefined)?.feast ?? 'FeastError';
  const detail = JSON.stringify({ module: 'feast.errors', class: name, message, code });
  return { status: ERROR_CODES[code].status, body: JSON.stringify(detail) };
};
