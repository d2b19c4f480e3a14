import { Type, type Static } from 'typebox';
import { ENVIRONMENTS, ReplayReport } from '#contracts';
import { Refused } from '#kernel';

export { bodyOf } from '#runtime';

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

const ALIAS = '^[A-Za-z][A-Za-z0-9_-]{0,99}$';

export const PromoteBody = Type.Object(
  {
    alias: Type.Optional(
      Type.String({
        pattern: ALIAS,
        description: 'letters, digits, - and _; not a number',
        default: 'champion',
      }),
    ),
    to: Type.Optional(
      Type.Enum([...ENVIRONMENTS], { description: 'an environment, which is the alias of that name' }),
    ),
  },
  { additionalProperties: false },
);

/** The alias that is meant: `champion` where none is said. */
export const aliasOf = ({ alias, to }: Static<typeof PromoteBody>): string => {
  if (alias !== undefined && to !== undefined && alias !== to)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `say either the alias ${alias} or the environment ${to}`);
  return to ?? alias ?? 'champion';
};

export const checkedAlias = (alias: string): string => {
  if (new RegExp(ALIAS).test(alias)) return alias;
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `"${alias}" is no alias; it begins with a letter and has letters, digits, - and _, at most 100`,
  );
};

export const AliasBody = Type.Object(
  { version: Type.Union([Type.Integer({ minimum: 1 }), text('a number or another alias')]) },
  { additionalProperties: false },
);

export const NoteBody = Type.Object(
  {
    tags: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[^\\s=][^=]{0,249}$' }),
        Type.Union([Type.String({ maxLength: 5_000 }), Type.Null()]),
        {
          additionalProperties: false,
          description: 'by name, which has no `=`; null takes one away, the others stay',
        },
      ),
    ),
    description: Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const ReviewBody = Type.Object(
  { comment: Type.Optional(text('why')) },
  { additionalProperties: false },
);

export const ReplayBody = Type.Object(ReplayReport.properties, { additionalProperties: false });

/** The most that a list gives: 100 where nothing is said. */
export const limitOf = (text: string | undefined, most: number): number => {
  if (text === undefined) return 100;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `limit must be a whole number from 1 to ${most}, not "${text}"`,
    );
  return limit;
};
