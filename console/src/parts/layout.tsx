import { useId, type ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  /** One sentence on what the page shows. */
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every page. Its heading takes the focus after a navigation, so that screen readers say where one is. */
export const Page = ({ title, about, actions, children }: PageProps) => (
  <>
    <header className="page-head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {about && <p className="about">{about}</p>}
      </div>
      {actions && <div className="actions">{actions}</div>}
    </header>
    {children}
  </>
);

interface CardProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  /** Tables and lists that reach to the edges. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A named section. */
export const Card = ({ title, note, actions, flush = false, children }: CardProps) => {
  const id = useId();
  return (
    <section className={flush ? 'card flush' : 'card'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <span className="note">{note}</span>}
        {actions && <div className="actions">{actions}</div>}
      </header>
      <div className="card-body">{children}</div>
    </section>
  );
};

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: Tone;
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

/** Figures side by side. */
export const Facts = ({ facts }: { readonly facts: readonly (Fact | false | null | undefined)[] }) => (
  <dl className="facts">
    {facts.map(
      (fact) =>
        fact && (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd className={fact.tone && `tone-${fact.tone}`}>
              {fact.value} {fact.note && <small>{fact.note}</small>}
            </dd>
          </div>
        ),
    )}
  </dl>
);

const MARKS: Readonly<Record<Tone, string>> = { plain: '', good: '✓', warn: '!', bad: '✕', accent: '●' };

/** A word with a sign before it: never told by its colour alone. */
export const Badge = ({
  tone = 'plain',
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}) => (
  <span className={`badge tone-${tone}`}>
    {MARKS[tone] && <span aria-hidden="true">{MARKS[tone]} </span>}
    {children}
  </span>
);

export const Time = ({ at }: { readonly at: string | null | undefined }) =>
  at ? (
    <time dateTime={at} title={at}>
      {at.slice(0, 19).replace('T', ' ')}
    </time>
  ) : (
    <>–</>
  );
