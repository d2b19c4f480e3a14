import { Ajv, type ErrorObject } from 'ajv';
import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { ConfigurationError } from '#kernel';

/** What an environment is: names and texts. `main.ts` passes the real one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Says what is wrong with a combination of options, or nothing. */
export type ConfigRule<Options> = (options: Options) => string | undefined;

/**
 * The three forms of a configuration (style.md sentence 10): the variables that a user sets (`variables`, each with a meaning and
 * perhaps a default), the same with defaults (`Static` of them), and the compiled form that the code works with.
 */
export interface ConfigSpec<P extends TProperties = TProperties, Compiled = unknown> {
  readonly service: string;
  /**
   * One schema for each environment variable; an array is written with commas. `secret: true` keeps its value out of faults; `unit`
   * and `examples` are for the reference.
   */
  readonly variables: P;
  readonly rules?: readonly ConfigRule<Static<TObject<P>>>[];
  readonly compile: (options: Static<TObject<P>>) => Compiled;
}

export const defineConfig = <P extends TProperties, C>(spec: ConfigSpec<P, C>): ConfigSpec<P, C> => spec;

interface Annotated {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly secret?: boolean;
  readonly enum?: readonly unknown[];
  readonly unit?: string;
  readonly examples?: readonly unknown[];
}

const annotations = (schema: TSchema): Annotated => schema as Annotated;

/** Reads, completes, checks and compiles; throws ConfigurationError with every fault, before anything is connected. */
export const loadConfig = <P extends TProperties, C>(spec: ConfigSpec<P, C>, environment: Environment): C => {
  const options: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(spec.variables)) {
    const text = environment[name]?.trim();
    if (text === undefined || text === '') continue;
    options[name] =
      annotations(schema).type === 'array'
        ? text
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean)
        : text;
  }
  const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true, coerceTypes: true });
  const faults = ajv.validate(Type.Object(spec.variables), options)
    ? []
    : (ajv.errors ?? []).map((error) => faultOf(error, spec.variables, environment));
  // Rules see options that passed the schema: a rule over a value of the wrong type would only repeat the fault.
  if (faults.length === 0) {
    for (const rule of spec.rules ?? []) {
      const fault = rule(options as Static<TObject<P>>);
      if (fault !== undefined) faults.push(fault);
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return spec.compile(options as Static<TObject<P>>);
};

const faultOf = (error: ErrorObject, variables: TProperties, environment: Environment): string => {
  const missing: unknown = error.keyword === 'required' ? error.params['missingProperty'] : undefined;
  if (typeof missing === 'string')
    return `${missing} is not set: ${annotations(variables[missing]!).description ?? 'it is needed'}`;
  const name = error.instancePath.split('/')[1] ?? '';
  const schema = annotations(variables[name]!);
  const allowed = schema.enum ? ` (${schema.enum.join(', ')})` : '';
  const given = schema.secret === true ? '' : `, not "${environment[name] ?? ''}"`;
  return `${name} ${error.message ?? 'is not valid'}${allowed}${given}`;
};

/** One line of `docs/reference/config.md`. */
export interface VariableReference {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  readonly default?: string;
  /** What a number counts; absent where it counts nothing. */
  readonly unit?: string;
  readonly example?: string;
  readonly secret: boolean;
}

const asText = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

/** Every variable of a service, in the order of its definition. */
export const configReference = (spec: Pick<ConfigSpec, 'variables'>): VariableReference[] =>
  Object.entries(spec.variables).map(([name, schema]) => {
    const { type, enum: values, description, default: preset, unit, examples, secret } = annotations(schema);
    return {
      name,
      type: values ? values.join(' | ') : type === 'array' ? 'list, with commas' : (type ?? 'string'),
      meaning: description ?? '',
      ...(preset === undefined ? {} : { default: asText(preset) }),
      ...(unit === undefined ? {} : { unit }),
      ...(examples === undefined ? {} : { example: asText(examples[0]) }),
      secret: secret === true,
    };
  });
