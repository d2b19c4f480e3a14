import { useCallback, useEffect, useRef, useState } from 'react';
import { useAsOf } from './as-of';
import { DoorError, callDoor, withQuery, type ServiceName } from './door';
import { useFacts } from './live';

/** What is known of an answer. The last value stays while it is asked again. */
export type Answer<T> = (
  | { readonly state: 'loading'; readonly value: undefined; readonly error: undefined }
  | { readonly state: 'ready'; readonly value: T; readonly error: undefined }
  | { readonly state: 'failed'; readonly value: T | undefined; readonly error: DoorError }
) & { readonly again: () => void };

export interface DoorOptions {
  /** Topics (or their beginnings) whose facts change the answer: it is asked again when one comes. */
  readonly on?: readonly string[];
  readonly everyMs?: number;
  /** The page's "as of" goes along as `?asOf=`: for reads of the registry. */
  readonly asOf?: boolean;
}

/** Facts come in bursts: the answer is asked for once, so many milliseconds after the first. */
const GATHER_MS = 250;
const AGAIN_AFTER_FAILURE_MS = 3_000;
/** Answers to go back to without waiting. */
const KEPT = 60;
const kept = new Map<string, unknown>();

const keep = (key: string, value: unknown): void => {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
};

interface Held<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly error: DoorError | undefined;
}

const nothing: readonly string[] = [];

/** Reads a door, and reads it again when it may answer otherwise. `path` null asks nothing (yet). */
export const useDoor = <T>(
  service: ServiceName,
  path: string | null,
  { on = nothing, everyMs, asOf = false }: DoorOptions = {},
): Answer<T> => {
  const asked = useAsOf();
  const full = path === null ? null : asOf && asked ? appended(path, asked) : path;
  const key = full === null ? '' : `${service} ${full}`;
  const [held, setHeld] = useState<Held<T>>({ key: '', value: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const timer = useRef<number | undefined>(undefined);

  const again = useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined;
      setRound((before) => before + 1);
    }, GATHER_MS);
  }, []);
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  useFacts(on, again);

  useEffect(() => {
    if (full === null) return undefined;
    const control = new AbortController();
    let next: number | undefined;
    const later = (ms: number): void => {
      next = window.setTimeout(() => setRound((before) => before + 1), ms);
    };
    callDoor<T>(service, full, { signal: control.signal }).then(
      (value) => {
        keep(key, value);
        setHeld({ key, value, error: undefined });
        if (everyMs !== undefined) later(everyMs);
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        const said = error instanceof DoorError ? error : new DoorError('DEFECT', String(error), undefined);
        setHeld((before) => ({ key, value: before.key === key ? before.value : undefined, error: said }));
        if (said.status === undefined || said.status >= 500) later(AGAIN_AFTER_FAILURE_MS);
      },
    );
    return () => {
      control.abort();
      window.clearTimeout(next);
    };
  }, [service, full, key, everyMs, round]);

  const mine = held.key === key ? held : undefined;
  const value = mine?.value ?? (kept.get(key) as T | undefined);
  if (mine?.error) return { state: 'failed', value, error: mine.error, again };
  if (value === undefined) return { state: 'loading', value: undefined, error: undefined, again };
  return { state: 'ready', value, error: undefined, again };
};

const appended = (path: string, asOf: string): string =>
  path.includes('?') ? `${path}&${new URLSearchParams({ asOf }).toString()}` : withQuery(path, { asOf });
