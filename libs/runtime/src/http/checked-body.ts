import { Ajv } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { Refused } from '#kernel';

const ajv = new Ajv({ allErrors: true, strict: false });

/** The body of a request, checked; an absent one is taken for `{}`. All faults are listed. */
export const bodyOf = <S extends TSchema>(schema: S, body: unknown): Static<S> => {
  const given = body ?? {};
  const validate = ajv.compile(schema);
  if (validate(given)) return given as Static<S>;
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = (params as { additionalProperty?: string }).additionalProperty;
    return `${instancePath || 'the body'} ${message ?? 'is not valid'}${extra === undefined ? '' : ` (${extra})`}`;
  });
  throw new Refused('PLAYHEAD_REQUEST_INVALID', faults.join('; '), { details: { faults } });
};
