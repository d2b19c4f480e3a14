import { ERROR_CODES, Refused, TransientFailure, type ErrorCode, type PlatformError } from '#kernel';

/** One service's HTTP door. Errors come as `PlatformError` with the code and message that the service gave. */
export interface Door {
  readonly url: string;
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body?: unknown, query?: Query): Promise<T>;
  /** Sends a file as it is. */
  upload<T>(path: string, file: Uint8Array, query?: Query): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

const PATIENCE_MS = 60_000;

/** @param actor who acts, said in the header X-Playhead-Actor (self-declared until access control is built). */
export const openDoor = (url: string, actor?: string): Door => {
  const ask = async <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    query: Query = {},
    body?: unknown,
  ): Promise<T> => {
    const answer = await send(`${url}${path}${searchOf(query)}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json' }),
        ...(actor === undefined ? {} : { 'x-playhead-actor': actor }),
      },
      body: body === undefined ? undefined : body instanceof Uint8Array ? body : JSON.stringify(body),
      // A file is checked before it is answered for.
      signal: AbortSignal.timeout(body instanceof Uint8Array ? 5 * PATIENCE_MS : PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw refusalOf(answer.status, text, url);
    return parsed(text, url) as T;
  };
  return {
    url,
    get: (path, query) => ask('GET', path, query),
    post: (path, body, query) => ask('POST', path, query, body),
    upload: (path, file, query) => ask('POST', path, query, file),
    delete: (path) => ask('DELETE', path),
  };
};

/** A path whose inserted parts are escaped: path`/v1/models/${name}`. */
export const path = (literals: TemplateStringsArray, ...parts: readonly (string | number)[]): string =>
  literals.reduce((text, literal, index) => `${text}${encodeURIComponent(parts[index - 1]!)}${literal}`);

const send = async (url: string, request: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, request);
  } catch (cause) {
    const { origin } = new URL(url);
    const isLate = cause instanceof Error && cause.name === 'TimeoutError';
    throw new TransientFailure(
      'PLAYHEAD_NOT_READY',
      isLate
        ? `${origin} gave no answer within ${PATIENCE_MS / 1_000} s`
        : `nothing answers at ${origin}; is it up? \`./playhead status\` tells`,
      { cause },
    );
  }
};

const parsed = (text: string, url: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TransientFailure(
      'PLAYHEAD_NOT_READY',
      `${url} does not answer with JSON; is it a service of playhead?`,
      { cause },
    );
  }
};

/** The platform's error shape, or what can be said of another one. A 4xx is the caller's to mend, anything else may pass. */
const refusalOf = (status: number, text: string, url: string): PlatformError => {
  const { code, message, details } = errorIn(text) ?? {
    message: `${url} answers ${status}: ${text.slice(0, 200)}`,
  };
  const isCallers = status >= 400 && status < 500 && status !== 429;
  const known =
    code !== undefined && code in ERROR_CODES
      ? (code as ErrorCode)
      : isCallers
        ? 'PLAYHEAD_REQUEST_INVALID'
        : 'PLAYHEAD_NOT_READY';
  const options = { details: { ...details, ...(known === code ? {} : { code }) } };
  return isCallers ? new Refused(known, message, options) : new TransientFailure(known, message, options);
};

interface SaidError {
  readonly code?: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const errorIn = (text: string): SaidError | undefined => {
  try {
    const body = JSON.parse(text) as { error?: SaidError } | string;
    // Feast's shape is a JSON string that holds the error.
    const error = typeof body === 'string' ? (JSON.parse(body) as SaidError) : body.error;
    return typeof error?.message === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
};

const searchOf = (query: Query): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
};
