import type { ReactNode } from 'react';
import { useAsOf } from '../data/as-of';
import { address } from '../data/route';

interface LinkProps {
  readonly to: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly current?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link inside the console; it keeps the "as of" of the page. */
export const Link = ({ to, query, current, className, children }: LinkProps) => {
  const asOf = useAsOf();
  return (
    <a
      href={address(to, { asOf, ...query })}
      className={className}
      aria-current={current ? 'page' : undefined}
    >
      {children}
    </a>
  );
};
