import { Ajv } from 'ajv';
import { Type, type Static, type TSchema } from 'typebox';
import { ReplayReport } from '#contracts';
import { Refused } from '#kernel';

const text = (description: string) => Type.String({ minLength: 1, maxLength: 2_000, description });

export const DefinitionsBody = Type.Object(
  {
    definitions: Type.Optional(
      Type.Array(Type.Unknown(), { description: 'objects `{kind, name, spec}` as they are written' }),
    ),
    files: Type.Optional(
      Type.Array(
        Type.Object({
          path: text('said in faults'),
          text: Type.String({ description: 'YAML, several documents in a file' }),
        }),
      ),
    ),
    actor: Type.Optional(text('who asks; the header X-Playhead-Actor wins')),
    dryRun: Type.Optional(Type.Boolean({ default: false, description: 'only check and compare' })),
  },
  { additionalProperties: false },
);

export const TrainBody = Type.Object(
  {
    asOf: Type.Optional(text('train on what was known then: RFC 3339 or offsets')),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
  },
  { additionalProperties: false },
);

export const PromoteBody = Type.Object(
  {
    alias: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_-]{0,99}$',
        description: 'letters, digits, - and _; not a number',
        default: 'champion',
      }),
    ),
  },
  { additionalProperties: false },
);

export const ReviewBody = Type.Object(
  { comment: Type.Optional(text('why')) },
  { additionalProperties: false },
);

export const ReplayBody = Type.Object(ReplayReport.properties, { additionalProperties: false });

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
