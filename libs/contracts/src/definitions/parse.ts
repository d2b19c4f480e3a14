import { Document, isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { Definition } from './definition';
import { definitionKey, unknownKindKey } from './definition';
import { compareFaults, type DefinitionFault } from './fault';
import {
  deploymentConflicts,
  featureConflicts,
  gateConflicts,
  policyConflicts,
  splitConflicts,
  trainerConflicts,
  KINDS,
  OPTION_SCHEMAS,
  withDefaults,
  type DefinitionOptions,
  type Kind,
} from './kinds';
import { DEFINITION_NAME } from './kinds/words';
import { unbuiltIn } from './not-built-yet';
import { ANYTHING, dotted, NodeReader, type Path, type Place, type Schema } from './read-node';

export interface DefinitionFile {
  readonly path: string;
  readonly text: string;
}

/** A definition that still knows how it was written. */
export type ParsedDefinition = Definition & {
  /** `spec` without defaults: what a door takes. The order of a stream's fields is the order of its keys. */
  readonly options: DefinitionOptions[Kind];
  /** Where an option was written; the nearest place for one that was not. */
  readonly locate: (path: Path, which?: 'value' | 'key') => Place;
};

export const isParsed = (definition: Definition | Identity): definition is ParsedDefinition =>
  'locate' in definition;

export interface ParsedDefinitions {
  /** Those that keep their schema, with defaults applied. */
  readonly definitions: readonly ParsedDefinition[];
  /** Keys of those that do not, so that nobody reports them as missing as well. */
  readonly broken: readonly string[];
  readonly faults: readonly DefinitionFault[];
}

/**
 * Reads every document of every file. A fault (unknown key, wrong type, missing key, unbuilt option, name given twice) never stops
 * the reading: all are listed, in the order of the text. What names what is checked by `resolveProject`.
 */
export const parseDefinitions = (files: readonly DefinitionFile[]): ParsedDefinitions => {
  const faults: DefinitionFault[] = [];
  const readers = files.flatMap(({ path, text }) => {
    const lines = new LineCounter();
    return parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }).flatMap((document) => {
      const reader = new NodeReader(path, document, lines);
      for (const error of document.errors) {
        const { line, col } = lines.linePos(error.pos[0]);
        faults.push({
          path,
          line: Math.max(line, 1),
          column: Math.max(col, 1),
          message: `not valid YAML: ${error.message}`,
        });
      }
      const empty =
        document.contents === null || (isScalar(document.contents) && document.contents.value === null);
      return empty ? [] : [{ reader, document, broken: document.errors.length > 0 }];
    });
  });
  return collect(readers, faults);
};

/** The same for definitions that came as JSON; faults have the given path and no line. */
export const parseDefinitionValues = (values: readonly unknown[], path = 'request'): ParsedDefinitions =>
  collect(
    values.map((value) => {
      const document = new Document(value, { aliasDuplicateObjects: false });
      return { reader: new NodeReader(path, document, null), document, broken: false };
    }),
    [],
  );

interface Readable {
  readonly reader: NodeReader;
  readonly document: Document;
  readonly broken: boolean;
}

const collect = (documents: readonly Readable[], faults: DefinitionFault[]): ParsedDefinitions => {
  const definitions: ParsedDefinition[] = [];
  const broken: string[] = [];
  const places = new Map<string, Place>();
  for (const { reader, document, broken: unreadable } of documents) {
    const read: ParsedDefinition | Identity | undefined = unreadable
      ? identityOf(document)
      : readDefinition(reader, document);
    faults.push(...reader.faults);
    if (!read) {
      const name = isMap(document.contents) ? document.contents.get('name') : undefined;
      if (typeof name === 'string') broken.push(unknownKindKey(name));
      continue;
    }
    const key = definitionKey(read);
    const first = places.get(key);
    if (first) {
      const there = first.line > 0 ? `${first.path}:${first.line}` : first.path;
      faults.push({
        ...reader.locate(['name']),
        message: `${read.kind} ${read.name} is defined twice; first at ${there}`,
      });
      continue;
    }
    places.set(key, reader.locate(['name']));
    if (isParsed(read)) definitions.push(read);
    else broken.push(key);
  }
  return { definitions, broken, faults: faults.sort(compareFaults) };
};

type Identity = { readonly kind: Kind; readonly name: string };

const identityOf = (document: Document): Identity | undefined => {
  if (!isMap(document.contents)) return undefined;
  const kind = document.contents.get('kind');
  const name = document.contents.get('name');
  return isKind(kind) && typeof name === 'string' ? { kind, name } : undefined;
};

const isKind = (value: unknown): value is Kind => (KINDS as readonly unknown[]).includes(value);

const NAME: Schema = {
  type: 'string',
  pattern: DEFINITION_NAME,
  title: 'a name of letters, digits, `-` and `_`',
};

/** The definition, or only its kind and name where it is broken, or nothing where not even these can be told. */
const readDefinition = (reader: NodeReader, document: Document): ParsedDefinition | Identity | undefined => {
  const identity = identityOf(document);
  if (identity) reader.subject = `${identity.kind} ${identity.name}`;
  const before = reader.faults.length;
  const read = reader.read(
    document.contents,
    {
      type: 'object',
      properties: {
        kind: { enum: KINDS },
        name: NAME,
        // Without a kind nobody knows what `spec` should be.
        spec: (identity ? OPTION_SCHEMAS[identity.kind] : undefined) ?? ANYTHING,
      },
      required: ['kind', 'name', 'spec'],
    },
    [],
  );
  if (!identity || reader.faults.length > before) return identity;
  const { spec: options } = read as { spec: DefinitionOptions[Kind] };
  for (const { path, key, message } of conflictsOf(identity.kind, options)) {
    reader.fault(reader.locate([...path, key], 'key'), message);
  }
  if (reader.faults.length > before) return identity;
  for (const { path, message } of unbuiltIn(identity.kind, { spec: options })) {
    reader.fault(reader.locate(path, 'key'), `${dotted(path)}: ${message}`);
  }
  const definition = {
    kind: identity.kind,
    name: identity.name,
    spec: withDefaults(identity.kind, options),
  } as Definition;
  return Object.assign(definition, { options, locate: reader.locate.bind(reader) });
};

/** Options of one definition that do not go together. */
const conflictsOf = (
  kind: Kind,
  options: DefinitionOptions[Kind],
): { path: Path; key: string | number; message: string }[] => {
  if (kind === 'Deployment')
    return deploymentConflicts(options as DefinitionOptions['Deployment']).map(({ path, message }) => ({
      path: ['spec', ...path.slice(0, -1)],
      key: path.at(-1)!,
      message,
    }));
  if (kind === 'FeatureView') {
    const { features } = options as DefinitionOptions['FeatureView'];
    return features.flatMap((feature, index) =>
      featureConflicts(feature).map((conflict) => ({ path: ['spec', 'features', index], ...conflict })),
    );
  }
  if (kind === 'Model') {
    const model = options as DefinitionOptions['Model'];
    const { gates = [], split = {}, trainer } = model;
    return [
      ...policyConflicts(model).map(({ path, ...conflict }) => ({ path: ['spec', ...path], ...conflict })),
      ...trainerConflicts(trainer).map(({ path, message }) => ({
        path: ['spec', 'trainer', ...path.slice(0, -1)],
        key: path.at(-1)!,
        message,
      })),
      ...splitConflicts(split).map((conflict) => ({ path: ['spec', 'split'], ...conflict })),
      ...gates.flatMap((gate, index) =>
        gateConflicts(gate).map((conflict) => ({ path: ['spec', 'gates', index], ...conflict })),
      ),
    ];
  }
  return [];
};
