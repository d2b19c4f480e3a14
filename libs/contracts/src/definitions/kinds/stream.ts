import { Type, type Static } from 'typebox';
import type { FieldType } from '#kernel';
import { durationText } from '../duration-text';
import { CLOSED, Duration, Expression, Identifier, IDENTIFIER } from './words';

export const FIELD_TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'timestamp',
] as const satisfies readonly FieldType[];

const FieldOptions = Type.Object(
  {
    type: Type.Enum([...FIELD_TYPES], {
      description: 'number: a double; integer: within 2^53; timestamp: RFC 3339 or epoch ms',
    }),
    required: Type.Optional(
      Type.Boolean({
        default: true,
        description: 'an optional field that is absent is null in the observation',
      }),
    ),
    nullable: Type.Optional(Type.Boolean({ default: false, description: 'whether null may be sent' })),
    min: Type.Optional(Type.Number({ description: 'inclusive; number and integer fields' })),
    max: Type.Optional(Type.Number({ description: 'inclusive; number and integer fields' })),
    decimals: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description:
          'most digits after the point; a number that misses such a decimal by the noise of computing (0.30000000000000004) becomes it; sums are exact',
      }),
    ),
    unit: Type.Optional(
      Type.String({ minLength: 1, description: 'said beside the field; values are never converted' }),
    ),
    categories: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, description: 'the only values a string field may have' }),
    ),
    enum: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, description: 'another word for `categories`' }),
    ),
    pattern: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'regular expression (ECMAScript, `u`) found somewhere in the text. Caution: one that backtracks without end stops its partition',
      }),
    ),
    maxLength: Type.Optional(
      Type.Integer({ minimum: 0, description: 'most characters (code points) of a string' }),
    ),
    personal: Type.Optional(
      Type.Boolean({ default: false, description: 'ciphertext from the observation on' }),
    ),
  },
  CLOSED,
);

const RuleOptions = Type.Object(
  {
    name: Identifier('said in the rejection'),
    check: Expression('CEL over the fields that must be true, or the event is rejected'),
    message: Type.Optional(
      Type.String({ minLength: 1, description: 'what the rejection says; the expression by default' }),
    ),
  },
  CLOSED,
);

/** What a user writes below `spec` of a Stream. */
export const StreamOptions = Type.Object(
  {
    key: Identifier('the field that orders the stream; its partition is murmur2 of it'),
    id: Identifier('the field that identifies an event; a second one within `dedupe` is a duplicate'),
    time: Identifier('the field with the event time'),
    partitions: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10000, default: 8, description: 'for ever' }),
    ),
    lateness: Type.Optional(Duration('how far behind the watermark an event is still taken', '1d')),
    dedupe: Type.Optional(
      Duration(
        'how long an id is remembered; at least `lateness`, and that by default if it is over 1d',
        '1d',
      ),
    ),
    skew: Type.Optional(Duration('how far ahead of the append time an event may be', '5m')),
    jump: Type.Optional(
      Duration('an event further ahead of the watermark moves it only when a second one confirms it', '7d'),
    ),
    fields: Type.Record(Type.String({ pattern: IDENTIFIER }), FieldOptions, {
      ...CLOSED,
      title: 'fields, each with its type',
      description: 'their order is the order in the observation',
    }),
    rules: Type.Optional(Type.Array(RuleOptions)),
  },
  CLOSED,
);
export type StreamOptions = Static<typeof StreamOptions>;

export interface FieldSpec {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  readonly unit?: string;
  readonly categories?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
}

export interface RuleSpec {
  readonly name: string;
  readonly check: string;
  readonly message: string;
}

/** A stream with defaults applied. Fields are a list, so that their order survives canonical JSON. */
export interface StreamSpec {
  readonly key: string;
  readonly id: string;
  readonly time: string;
  readonly partitions: number;
  readonly lateness: string;
  readonly dedupe: string;
  readonly skew: string;
  readonly jump: string;
  readonly fields: readonly FieldSpec[];
  readonly rules: readonly RuleSpec[];
}

const fieldSpec = (name: string, options: StreamOptions['fields'][string]): FieldSpec => {
  const {
    type,
    required = true,
    nullable = false,
    enum: values,
    categories = values,
    personal: _,
    ...rest
  } = options;
  return { name, type, required, nullable, ...(categories ? { categories } : {}), ...rest };
};

export const streamSpec = (options: StreamOptions): StreamSpec => {
  const lateness = durationText(options.lateness ?? '1d');
  return {
    key: options.key,
    id: options.id,
    time: options.time,
    partitions: options.partitions ?? 8,
    lateness,
    dedupe: options.dedupe === undefined ? durationText('1d', lateness) : durationText(options.dedupe),
    skew: durationText(options.skew ?? '5m'),
    jump: durationText(options.jump ?? '7d'),
    fields: Object.entries(options.fields).map(([name, field]) => fieldSpec(name, field)),
    rules: (options.rules ?? []).map((rule) => ({
      ...rule,
      message: rule.message ?? `${rule.check} is not true`,
    })),
  };
};
