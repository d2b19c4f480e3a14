import type { ComponentType } from 'react';
import { DeadLettersPage } from './pages/dead-letters/dead-letters-page';
import { ModelsPage } from './pages/models/models-page';
import { OverviewPage } from './pages/overview/overview-page';
import { ReplaysPage } from './pages/replays/replays-page';
import { RunsPage } from './pages/runs/runs-page';
import { StreamsPage } from './pages/streams/streams-page';

export interface PageRoute {
  /** The first segment of the address; empty is the first page. */
  readonly path: string;
  readonly title: string;
  readonly group: 'Now' | 'Data' | 'Models' | 'Running' | 'Past';
  /** Gets the segments behind its own: `#/streams/transactions` gives `['transactions']`. */
  readonly page: ComponentType<{ readonly rest: readonly string[] }>;
}

/** Every page of the console, in the order of the navigation. */
export const ROUTES: readonly PageRoute[] = [
  { path: '', title: 'Overview', group: 'Now', page: OverviewPage },
  { path: 'streams', title: 'Streams', group: 'Data', page: StreamsPage },
  { path: 'dead-letters', title: 'Dead letters', group: 'Data', page: DeadLettersPage },
  { path: 'runs', title: 'Runs', group: 'Models', page: RunsPage },
  { path: 'models', title: 'Models', group: 'Models', page: ModelsPage },
  { path: 'replays', title: 'Replays', group: 'Past', page: ReplaysPage },
];
