import { useEffect, useRef, useState } from 'react';
import { setAsOf, useAsOf } from './data/as-of';
import { addresses } from './data/door';
import { useLiveState } from './data/live';
import { useRoute } from './data/route';
import { actor, theme } from './data/stored';
import { Link } from './parts/link';
import { Page } from './parts/layout';
import { moment } from './parts/format';
import { ROUTES, type PageRoute } from './routes';

const GROUPS = [...new Set(ROUTES.map(({ group }) => group))];

export const App = () => {
  const { segments } = useRoute();
  const [first = '', ...rest] = segments;
  const route = ROUTES.find(({ path }) => path === first);
  const place = segments.join('/');
  useFocusAfterNavigation(place, route);

  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          // The part behind `#` is the address of the page: it must stay.
          event.preventDefault();
          focusHeading();
        }}
      >
        Skip to content
      </a>
      <TopBar />
      <div className="frame">
        <Navigation current={first} />
        <main id="main">
          <AsOfBanner />
          {route ? <route.page key={route.path} rest={rest} /> : <Nowhere place={place} />}
        </main>
      </div>
    </>
  );
};

const focusHeading = (): void => document.querySelector<HTMLElement>('main h1')?.focus();

/** Says where one is: title of the window, and the focus on the heading, but for the first page that is opened. */
const useFocusAfterNavigation = (place: string, route: PageRoute | undefined): void => {
  const before = useRef(place);
  useEffect(() => {
    document.title = `${route?.title ?? 'Nothing here'} · Playhead`;
    if (before.current === place) return;
    before.current = place;
    window.scrollTo(0, 0);
    focusHeading();
  }, [place, route]);
};

const TopBar = () => (
  <header className="top">
    <Link to={[]} className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M11 8v16l13-8z" />
      </svg>
      Playhead
    </Link>
    <Namespace />
    <LiveSign />
    <ActorField />
    <ThemeSwitch />
  </header>
);

const Namespace = () => {
  const [name, setName] = useState('');
  useEffect(() => {
    void addresses().then(
      ({ namespace }) => setName(namespace),
      () => undefined,
    );
  }, []);
  return <span className="namespace">{name}</span>;
};

const LIVE = { connecting: 'connecting', on: 'live', off: 'not live, connecting again' } as const;

const LiveSign = () => {
  const state = useLiveState();
  return (
    <span className={`live live-${state}`} role="status">
      {LIVE[state]}
    </span>
  );
};

const ActorField = () => {
  const name = actor.use();
  return (
    <label className="actor">
      <span>acting as</span>
      <input value={name} spellCheck={false} onChange={(event) => actor.set(event.target.value)} />
    </label>
  );
};

const THEMES = ['auto', 'light', 'dark'];

const ThemeSwitch = () => {
  const shown = theme.use();
  useEffect(() => {
    if (shown === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = shown;
  }, [shown]);
  const next = THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length]!;
  return (
    <button
      type="button"
      className="small"
      aria-label={`theme: ${shown}; change to ${next}`}
      onClick={() => theme.set(next)}
    >
      <span aria-hidden="true">◐</span> {shown}
    </button>
  );
};

const Navigation = ({ current }: { readonly current: string }) => (
  <nav className="pages" aria-label="Pages">
    {GROUPS.map((group) => (
      <div key={group}>
        <h2 id={`pages-${group}`}>{group}</h2>
        <ul aria-labelledby={`pages-${group}`}>
          {ROUTES.filter((route) => route.group === group).map(({ path, title }) => (
            <li key={path}>
              <Link to={path ? [path] : []} current={path === current}>
                {title}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    ))}
  </nav>
);

const AsOfBanner = () => {
  const asOf = useAsOf();
  if (asOf === undefined) return null;
  const text = /^\d{4}-/.test(asOf) ? `${moment(asOf)} UTC` : `position ${asOf}`;
  return (
    <div className="as-of" role="status">
      <span>
        The registry as it was at <strong>{text}</strong>. Counts, streams and reports are those of now.
      </span>
      <button type="button" className="small" onClick={() => setAsOf(undefined)}>
        Back to now
      </button>
    </div>
  );
};

const Nowhere = ({ place }: { readonly place: string }) => (
  <Page title="Nothing here">
    <p>
      There is no page <code>{place}</code>. <Link to={[]}>Go to the overview</Link>.
    </p>
  </Page>
);
