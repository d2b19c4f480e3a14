import type { ReactNode } from 'react';
import type { DoorError } from '../data/door';
import type { Answer } from '../data/use-door';

/** Nothing to show, and what would have to happen so that there is. */
export const Empty = ({ children }: { readonly children: ReactNode }) => <p className="empty">{children}</p>;

export const Loading = ({ what = 'the answer' }: { readonly what?: string }) => (
  <p className="loading" role="status">
    Waiting for {what}
  </p>
);

export const Failed = ({ error, again }: { readonly error: DoorError; readonly again?: () => void }) => (
  <div className="failed" role="alert">
    <p>
      <strong>{error.message}</strong>
    </p>
    <p>
      <code>{error.code}</code>
      {again && (
        <button type="button" className="small" onClick={again}>
          Try again
        </button>
      )}
    </p>
  </div>
);

interface AnsweredProps<T> {
  readonly answer: Answer<T>;
  /** Named while it is waited for. */
  readonly what?: string;
  readonly children: (value: T) => ReactNode;
}

/** Shows what a door answered, or why it does not. An old answer stays on the page below the reason. */
export const Answered = <T,>({ answer, what, children }: AnsweredProps<T>) => (
  <>
    {answer.state === 'failed' && <Failed error={answer.error} again={answer.again} />}
    {answer.state === 'loading' && <Loading {...(what && { what })} />}
    {answer.value !== undefined && children(answer.value)}
  </>
);
