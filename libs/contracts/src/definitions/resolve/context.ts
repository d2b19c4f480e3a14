import { compileExpression, messageOf, type CompiledExpression, type FieldTypes } from '#kernel';
import { definitionKey, unknownKindKey, type Definition, type DefinitionOf } from '../definition';
import { nearest, type DefinitionFault } from '../fault';
import type { FieldSpec, Kind, SearchSpec, StreamSpec } from '../kinds';
import { isParsed } from '../parse';
import type { Project } from '../project';
import type { Path } from '../read-node';

/** What trainers say about parameters, and about a search for them; `libs/learn` knows them, and contracts stand below it. */
export type TrainerFaults = (
  trainer: string,
  task: string,
  parameters: Readonly<Record<string, unknown>>,
  search?: SearchSpec,
) => readonly string[];

/** The checks of one definition speak through this. Paths are those of the written form. */
export class CheckContext<K extends Kind = Kind> {
  constructor(
    readonly definition: DefinitionOf<K>,
    readonly project: Project,
    /** What was there before these definitions; empty where nothing was. */
    readonly before: Project,
    readonly trainerFaults: TrainerFaults,
    private readonly broken: ReadonlySet<string>,
    private readonly faults: DefinitionFault[],
  ) {}

  /** `which`: whether the key or the value is wrong. */
  say(path: Path, message: string, suggestion?: string, which: 'key' | 'value' = 'value'): void {
    const definition: Definition = this.definition;
    const place = isParsed(definition)
      ? definition.locate(path, which)
      : { path: 'registry', line: 0, column: 0 };
    this.faults.push({
      ...place,
      message: `${this.definition.kind} ${this.definition.name}: ${message}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** The definition that `path` names; a fault where there is none, silence where it has faults of its own. */
  find<O extends Kind>(kind: O, name: string, path: Path): DefinitionOf<O> | undefined {
    const found = this.project.find(kind, name);
    if (!found && !this.broken.has(definitionKey({ kind, name })) && !this.broken.has(unknownKindKey(name))) {
      this.say(path, `there is no ${kind} \`${name}\``, nearest(name, this.project.names(kind)));
    }
    return found;
  }

  /** The field that `path` names; a fault where there is none or it has another type. */
  field(
    stream: DefinitionOf<'Stream'>,
    name: string,
    types: readonly string[],
    path: Path,
  ): FieldSpec | undefined {
    const field = stream.spec.fields.find((candidate) => candidate.name === name);
    const own = stream === this.definition;
    if (!field) {
      this.say(
        path,
        `${own ? 'there is' : `Stream ${stream.name} has`} no field \`${name}\``,
        nearest(
          name,
          stream.spec.fields.map((other) => other.name),
        ),
      );
    } else if (!types.includes(field.type)) {
      this.say(
        path,
        `field \`${name}\`${own ? '' : ` of Stream ${stream.name}`} is a ${field.type}; it must be a ${either(types)} here`,
      );
      return undefined;
    }
    return field;
  }

  /** The compiled expression; a fault where it does not parse, does not fit the fields or gives another type. */
  expression(
    source: string,
    spec: StreamSpec,
    types: readonly string[],
    path: Path,
  ): CompiledExpression | undefined {
    try {
      const compiled = compileExpression(source, fieldTypes(spec));
      if (types.includes(compiled.resultType)) return compiled;
      this.say(path, `"${source}" gives a ${compiled.resultType}; it must give a ${either(types)}`);
    } catch (error) {
      const message = messageOf(error);
      const unknown = /Unknown variable: ([A-Za-z_][A-Za-z0-9_]*)/.exec(message)?.[1];
      this.say(
        path,
        message,
        unknown === undefined
          ? undefined
          : nearest(
              unknown,
              spec.fields.map((field) => field.name),
            ),
      );
    }
    return undefined;
  }

  /** A fault at every name that stood earlier in the list. */
  unique(names: readonly string[], what: string, pathOf: (index: number) => Path): void {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) this.say(pathOf(index), `${what} \`${name}\` stands here twice`);
    }
  }
}

const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

export const fieldTypes = (spec: StreamSpec): FieldTypes =>
  Object.fromEntries(spec.fields.map(({ name, type }) => [name, type]));
