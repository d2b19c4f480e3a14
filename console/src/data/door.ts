import { actor } from './stored';

export const SERVICES = ['ingestion', 'feature', 'training', 'registry', 'serving', 'monitoring'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** `/config.json` of monitoring, which serves this page. */
export interface Addresses {
  readonly namespace: string;
  readonly doors: Readonly<Record<ServiceName, string>>;
}

/** What a door says of why it does not answer: `error` of its body, or that nobody answers. */
export class DoorError extends Error {
  override readonly name = 'DoorError';
  constructor(
    readonly code: string,
    message: string,
    /** Undefined where there was no answer. */
    readonly status: number | undefined,
  ) {
    super(message);
  }
}

let known: Promise<Addresses> | undefined;

/** Asked once; again after a failure. */
export const addresses = (): Promise<Addresses> => {
  known ??= ask<Addresses>('/config.json', {}, 'monitoring');
  known.catch(() => (known = undefined));
  return known;
};

/** Monitoring serves the page, so its doors are those of the page's own origin. */
export const urlOf = async (service: ServiceName, path: string): Promise<string> =>
  service === 'monitoring' ? path : `${(await addresses()).doors[service]}${path}`;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Calls a door and gives the JSON that it answers. Throws DoorError. */
export const callDoor = async <T>(service: ServiceName, path: string, call: Call = {}): Promise<T> =>
  ask<T>(await urlOf(service, path), call, service);

const ask = async <T>(
  url: string,
  { method = 'GET', body, signal }: Call,
  service: ServiceName,
): Promise<T> => {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET') headers['x-playhead-actor'] = actor.get() || 'console';
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      signal: signal ?? null,
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const where = new URL(url, window.location.href).origin;
    throw new DoorError('UNREACHABLE', `${service} does not answer at ${where}`, undefined);
  }
  const text = await answer.text();
  const said = parsed(text);
  if (answer.ok) return said as T;
  const { code, message } =
    (said as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
  throw new DoorError(
    code ?? `HTTP ${answer.status}`,
    message ?? `${service} answered ${answer.status}`,
    answer.status,
  );
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A path with a query; what is undefined or empty is left out. */
export const withQuery = (
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string => {
  const entries = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`;
};
