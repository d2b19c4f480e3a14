/** What a path of the protocols asks for. */
export type Door =
  | 'server'
  | 'live'
  | 'ready'
  | 'statistics'
  | 'index'
  | 'load'
  | 'unload'
  | 'model'
  | 'model ready'
  | 'model infer'
  | 'model stats'
  | 'model config'
  | 'v1 list'
  | 'v1 status'
  | 'v1 metadata'
  | 'v1 predict'
  | 'unknown';

export interface Path {
  readonly door: Door;
  /** Of the model; empty where the door has none. */
  readonly name: string;
  readonly version: string | undefined;
}

const UNKNOWN: Path = { door: 'unknown', name: '', version: undefined };

const FIXED: Readonly<Record<string, Door>> = {
  '/v2': 'server',
  '/v2/health/live': 'live',
  '/v2/health/ready': 'ready',
  '/v2/models/stats': 'statistics',
  '/v2/repository/index': 'index',
  '/v1/models': 'v1 list',
};

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer|stats|config))?$/;
const REPOSITORY = /^\/v2\/repository\/models\/([^/]+)\/(load|unload)$/;
const V1 = /^\/v1\/models\/([^/:]+)(?:\/versions\/([^/:]+))?(?:(:predict)|\/(metadata))?$/;

/** A path of the protocols; undefined for one that is not theirs. Escapes in names are undone. */
export const readPath = (url: string): Path | undefined => {
  if (!OURS.test(url)) return undefined;
  const query = url.indexOf('?');
  const path = (query < 0 ? url : url.slice(0, query)).replace(/\/$/, '');
  const fixed = Object.hasOwn(FIXED, path) ? FIXED[path] : undefined;
  if (fixed) return { door: fixed, name: '', version: undefined };
  try {
    return readModelPath(path) ?? UNKNOWN;
  } catch {
    // An escape that stands for no UTF-8.
    return UNKNOWN;
  }
};

const OURS = /^\/(v2|v1\/models)(?=[/?:]|$)/;

const readModelPath = (path: string): Path | undefined => {
  const named = (door: Door, name: string, version?: string): Path => ({
    door,
    name: decodeURIComponent(name),
    version: version === undefined ? undefined : decodeURIComponent(version),
  });
  const model = MODEL.exec(path);
  if (model) {
    const [, name, version, what] = model;
    return named(what === undefined ? 'model' : (`model ${what}` as Door), name!, version);
  }
  const repository = REPOSITORY.exec(path);
  if (repository) return named(repository[2] as Door, repository[1]!);
  const v1 = V1.exec(path);
  if (!v1) return undefined;
  const [, name, version, predict, metadata] = v1;
  return named(predict ? 'v1 predict' : metadata ? 'v1 metadata' : 'v1 status', name!, version);
};

const REMEMBERED = 1_024;

/** `readPath`, with what callers ask for again and again remembered. */
export const pathReader = (): typeof readPath => {
  const known = new Map<string, Path | undefined>();
  return (url) => {
    const found = known.get(url);
    if (found) return found;
    const path = readPath(url);
    if (path && path.door !== 'unknown' && url.length <= 256 && known.size < REMEMBERED) known.set(url, path);
    return path;
  };
};
