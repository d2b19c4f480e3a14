import { invalid } from '../domain/refusal';
import type { Arguments } from './arguments';

/** What MLflow's server takes, and no more (mlflow/utils/validation.py of 3.17). */
const MOST_KEY = 250;
const MOST_PARAM = 6_000;
const MOST_TAG = 8_000;
const MOST_EXPERIMENT_TAG = 20_000;
const MOST_MODEL_TAG = 100_000;
const MOST_NAME = 500;
const MOST_ALIAS = 255;
const MOST_METRICS = 1_000;
const MOST_PARAMS_OR_TAGS = 100;
const MOST_ENTITIES = 1_000;

const KEY = /^[/\p{L}\p{N}_.\- :]+$/u;

/** Names of metrics, parameters and tags: as MLflow has them, paths that go nowhere else included. */
export const requireKey = (key: string, path: string): string => {
  const normal =
    !key.startsWith('/') &&
    key !== '.' &&
    !key
      .split('/')
      .some((name, index, names) => name === '..' || name === '.' || (name === '' && names.length > 1));
  if (!KEY.test(key) || !normal)
    throw invalid(
      `Invalid value ${JSON.stringify(key)} for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  if (key.length > MOST_KEY) throw tooLong(path, MOST_KEY);
  return key;
};

const tooLong = (path: string, most: number): Error =>
  invalid(`'${path}' exceeds the maximum length of ${most} characters`);

/** Long values are cut, as MLflow's server does unless it is told otherwise. */
const cut =
  (most: number) =>
  ([key, value]: readonly [string, string]): [string, string] => [
    requireKey(key, 'key'),
    value.slice(0, most),
  ];

export const runParams = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(cut(MOST_PARAM)));

export const runTags = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(cut(MOST_TAG)));

const within = (tags: Readonly<Record<string, string>>, most: number): Record<string, string> => {
  for (const [key, value] of Object.entries(tags)) {
    requireKey(key, 'key');
    if (value.length > most) throw tooLong('value', most);
  }
  return { ...tags };
};

export const experimentTags = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  within(tags, MOST_EXPERIMENT_TAG);

export const modelTags = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  within(tags, MOST_MODEL_TAG);

export const requireExperimentName = (name: string): string => {
  if (name.trim() === '') throw invalid("Invalid value '' for parameter 'name' supplied.");
  if (name.length > MOST_NAME) throw tooLong('name', MOST_NAME);
  return name;
};

export const requireModelName = (name: string): string => {
  if (name.trim() === '') throw invalid("Missing value for required parameter 'name'.");
  if (/[/:]/.test(name) || name === '.' || name === '..')
    throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  return name;
};

export const requireAlias = (alias: string): string => {
  if (!/^[\w-]+$/.test(alias))
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  if (alias.length > MOST_ALIAS) throw tooLong('Registered model alias name', MOST_ALIAS);
  if (alias.toLowerCase() === 'latest') throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
  return alias;
};

export const requireLoggedModelName = (name: string): string => {
  if (name === '' || /[/:.%"']/.test(name))
    throw invalid(
      `Invalid model name (${name}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  return name;
};

export const requireBatch = (metrics: number, params: number, tags: number): void => {
  const limit = (what: string, most: number, count: number): void => {
    if (count > most)
      throw invalid(
        `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
      );
  };
  limit('metrics', MOST_METRICS, metrics);
  limit('params', MOST_PARAMS_OR_TAGS, params);
  limit('tags', MOST_PARAMS_OR_TAGS, tags);
  limit('metrics, params, and tags', MOST_ENTITIES, metrics + params + tags);
};

/** One value a key. */
export const uniqueParams = (params: readonly Arguments[]): Record<string, string> => {
  const unique = new Map<string, string>();
  for (const param of params) {
    const key = param.text('key');
    if (unique.has(key))
      throw invalid(
        `Duplicate parameter keys have been submitted: ${key}. Please ensure the request contains only one param value per param key.`,
      );
    unique.set(key, param.optionalText('value') ?? '');
  }
  return runParams(Object.fromEntries(unique));
};
