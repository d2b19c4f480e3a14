import { InvalidBody, feastRefusal, type BodyFault } from './feast-error';

type Json = Readonly<Record<string, unknown>>;

/** `GetOnlineFeaturesRequest` of Feast's feature server. */
export interface OnlineRequest {
  readonly featureService?: string;
  /** `<view>:<feature>`; empty where a service is named. */
  readonly features: readonly FeatureReference[];
  /** Join key -> values, all lists equally long. */
  readonly entities: ReadonlyMap<string, readonly unknown[]>;
  readonly rows: number;
  readonly fullFeatureNames: boolean;
  readonly withViewMetadata: boolean;
}

export interface FeatureReference {
  readonly view: string;
  readonly feature: string;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws InvalidBody (422), Refused PLAYHEAD_REQUEST_INVALID (400) */
export const parseOnlineRequest = (body: unknown): OnlineRequest => {
  if (!isObject(body))
    throw new InvalidBody([
      fault(
        'model_attributes_type',
        [],
        'Input should be a valid dictionary or object to extract fields from',
        body,
      ),
    ]);
  const {
    feature_service: service,
    features = [],
    entities,
    full_feature_names,
    include_feature_view_version_metadata,
  } = body;
  const faults = [
    ...entityFaults(body),
    ...(service === undefined || service === null || typeof service === 'string'
      ? []
      : [fault('string_type', ['feature_service'], 'Input should be a valid string', service)]),
    ...listFaults(features, 'features'),
    ...flagFaults(body, 'full_feature_names'),
    ...flagFaults(body, 'include_feature_view_version_metadata'),
  ];
  if (faults.length > 0) throw new InvalidBody(faults);
  const named = typeof service === 'string' && service !== '';
  const listed = features as readonly string[];
  if (!named && listed.length === 0)
    throw invalid(
      'No features specified for retrieval: say "feature_service": "<name>" or "features": ["<view>:<feature>", ...]',
    );
  const columns = Object.entries(entities as Readonly<Record<string, readonly unknown[]>>);
  const rows = columns[0]?.[1].length ?? 0;
  if (columns.some(([, values]) => values.length !== rows))
    throw invalid(
      'All entity rows must have the same columns: the lists of "entities" are not equally long.',
    );
  return {
    ...(named && { featureService: service }),
    features: named ? [] : listed.map(referenceIn),
    entities: new Map(columns),
    rows,
    fullFeatureNames: full_feature_names === true,
    withViewMetadata: include_feature_view_version_metadata === true,
  };
};

const invalid = (message: string) => feastRefusal('FeastError', 'PLAYHEAD_REQUEST_INVALID', message);

const fault = (type: string, loc: readonly (string | number)[], msg: string, input: unknown): BodyFault => ({
  type,
  loc: ['body', ...loc],
  msg,
  input,
});

const entityFaults = (body: Json): BodyFault[] => {
  const { entities } = body;
  if (entities === undefined) return [fault('missing', ['entities'], 'Field required', body)];
  if (!isObject(entities))
    return [fault('dict_type', ['entities'], 'Input should be a valid dictionary', entities)];
  return Object.entries(entities).flatMap(([key, values]) => {
    if (!Array.isArray(values))
      return [fault('list_type', ['entities', key], 'Input should be a valid list', values)];
    const at = values.findIndex((value) => typeof value === 'object' && value !== null);
    return at < 0
      ? []
      : [
          fault(
            'scalar_type',
            ['entities', key, at],
            'Input should be a string, a number or a boolean',
            values[at],
          ),
        ];
  });
};

const listFaults = (features: unknown, name: string): BodyFault[] => {
  if (!Array.isArray(features)) return [fault('list_type', [name], 'Input should be a valid list', features)];
  return features.flatMap((feature: unknown, at) =>
    typeof feature === 'string'
      ? []
      : [fault('string_type', [name, at], 'Input should be a valid string', feature)],
  );
};

const flagFaults = (body: Json, name: string): BodyFault[] =>
  body[name] === undefined || typeof body[name] === 'boolean'
    ? []
    : [
        fault(
          'bool_parsing',
          [name],
          'Input should be a valid boolean, unable to interpret input',
          body[name],
        ),
      ];

/** `<view>:<feature>` or `<view>@latest:<feature>`; a view has no versions of its own here. */
const referenceIn = (text: string): FeatureReference => {
  const colon = text.indexOf(':');
  if (colon < 0)
    throw invalid(`Invalid feature reference '${text}'. Expected format: '<feature_view>:<feature>'`);
  const [view, feature] = [text.slice(0, colon), text.slice(colon + 1)];
  const versioned = /^(.*)@(latest|v\d+)?$/i.exec(view);
  if (versioned?.[2] !== undefined && versioned[2].toLowerCase() !== 'latest')
    throw invalid(
      `Version-qualified ref '${view}' not supported: the newest revision of the feature service answers`,
    );
  return { view: versioned ? versioned[1]! : view, feature };
};
