import type { CancelSignal } from '#inference';

type Listener = () => void;

/** Says to one listener that a caller went away: what an AbortSignal is for, without its price for each call. */
export class Cancellation implements CancelSignal {
  aborted = false;
  private listener: Listener | undefined;

  abort(): void {
    this.aborted = true;
    this.listener?.();
  }

  addEventListener(_: 'abort', listener: Listener): void {
    this.listener = listener;
  }

  removeEventListener(): void {
    this.listener = undefined;
  }
}
