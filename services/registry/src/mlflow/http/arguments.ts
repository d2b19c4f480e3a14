import { invalid } from '../domain/refusal';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a client gives, from a JSON body or a query alike. Whole numbers may come as texts (JSON of protocol buffers); fields that are not
 * asked for are passed over, as MLflow does. @throws RefusedByMlflow where a field has another type or is missing.
 */
export class Arguments {
  private readonly fields: Fields;

  constructor(given: unknown) {
    if (given !== undefined && given !== null && (typeof given !== 'object' || Array.isArray(given)))
      throw invalid('The request must be a JSON object');
    this.fields = (given ?? {}) as Fields;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined || value === '') throw invalid(`Missing value for required parameter '${name}'.`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    throw wrongType(name, value);
  }

  /** Run ids have two names. */
  run(): string {
    return this.optionalText('run_id') || this.optionalText('run_uuid') || this.text('run_id');
  }

  integer(name: string): number | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null || value === '') return undefined;
    const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
    if (!Number.isSafeInteger(number)) throw wrongType(name, value);
    return number as number;
  }

  double(name: string): number {
    const value = this.fields[name];
    if (typeof value === 'number') return value;
    if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
      return Number(value);
    throw wrongType(name, value);
  }

  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw wrongType(name, value);
  }

  /** A query repeats a name for a list. */
  texts(name: string): string[] {
    const value = this.fields[name];
    if (value === undefined || value === null) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.map((each) => {
      if (typeof each !== 'string' && typeof each !== 'number') throw wrongType(name, each);
      return String(each);
    });
  }

  objects(name: string): Arguments[] {
    const value = this.fields[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw wrongType(name, value);
    return value.map((each) => new Arguments(each));
  }

  object(name: string): Arguments {
    const value = this.fields[name];
    if (typeof value !== 'object' || value === null)
      throw invalid(`Missing value for required parameter '${name}'.`);
    return new Arguments(value);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    if (!values.includes(value as T))
      throw invalid(`Invalid value ${JSON.stringify(value)} for parameter '${name}' supplied.`);
    return value as T;
  }

  /** `[{key, value}]`. A later one of the same key wins. */
  pairs(name: string): Record<string, string> {
    const entries = this.objects(name).map((each): [string, string] => [
      each.text('key'),
      each.optionalText('value') ?? '',
    ]);
    return Object.fromEntries(entries);
  }
}

const wrongType = (name: string, value: unknown): Error =>
  invalid(`Invalid value ${JSON.stringify(value)?.slice(0, 200)} for parameter '${name}' supplied.`);
