import { whole } from '../../parts/format';
import type { Route } from './shapes';

interface ShareBarProps {
  readonly routes: readonly Route[];
}

/** Who gets which version: a bar in as many parts as there are routes, and the same in words. */
export const ShareBar = ({ routes }: ShareBarProps) => {
  const answering = routes.filter(({ share }) => share > 0);
  const others = routes.filter(({ share }) => share <= 0);
  return (
    <>
      <ul className="share-bar" aria-label="Shares of the entities by route">
        {answering.map(({ route, version, share }, i) => (
          <li key={route} className={`share share-${i % 4}`} style={{ flexGrow: share }}>
            <strong>{route}</strong> version {version}, {Number(share.toPrecision(3))} %
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <p className="soft">
          Beside, without answering anybody:{' '}
          {others.map(({ route, version }) => `${route} (version ${whole(version)})`).join(', ')}
        </p>
      )}
    </>
  );
};
