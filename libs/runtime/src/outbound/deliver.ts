import { messageOf } from '#kernel';

/** Why a receiver has not taken what was sent. */
export interface Fault {
  readonly message: string;
  /** The receiver understood and will never take this one: sending the same again changes nothing until somebody mends it. */
  readonly isRefusal: boolean;
}

export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;

/** 4xx that pass: too early, too slow, too many. */
const PASSING = [408, 425, 429];

/** One POST; undefined once the receiver has taken it (any 2xx). A redirect is no 2xx: what is signed is for one address. */
export const deliver = async (
  { url, headers, body }: Letter,
  post: typeof fetch,
  signal: AbortSignal,
): Promise<Fault | undefined> => {
  try {
    const answer = await post(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const isRefusal = answer.status >= 400 && answer.status < 500 && !PASSING.includes(answer.status);
    return { message: `it answered ${answer.status}`, isRefusal };
  } catch (error) {
    const message =
      error instanceof Error && error.cause instanceof Error
        ? `${error.message}: ${error.cause.message}`
        : messageOf(error);
    return { message, isRefusal: false };
  }
};

/** How long to wait behind so many attempts: half a second at first, twice as long each time, five minutes at most. */
export const pauseAfter = (attempts: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
