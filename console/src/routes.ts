import type { ComponentType } from 'react';
import { DeadLettersPage } from './pages/dead-letters/dead-letters-page';
import { DeploymentsPage } from './pages/deployments/deployments-page';
import { FeaturesPage } from './pages/features/features-page';
import { LineagePage } from './pages/lineage/lineage-page';
import { ModelsPage } from './pages/models/models-page';
import { MonitorsPage } from './pages/monitors/monitors-page';
import { OverviewPage } from './pages/overview/overview-page';
import { ReplaysPage } from './pages/replays/replays-page';
import { RunsPage } from './pages/runs/runs-page';
import { StoriesPage } from './pages/stories/stories-page';
import { StreamsPage } from './pages/streams/streams-page';
import { TimelinePage } from './pages/timeline/timeline-page';

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
  { path: 'features', title: 'Features', group: 'Data', page: FeaturesPage },
  { path: 'dead-letters', title: 'Dead letters', group: 'Data', page: DeadLettersPage },
  { path: 'runs', title: 'Runs', group: 'Models', page: RunsPage },
  { path: 'models', title: 'Models', group: 'Models', page: ModelsPage },
  { path: 'deployments', title: 'Deployments', group: 'Running', page: DeploymentsPage },
  { path: 'monitors', title: 'Monitors and alerts', group: 'Running', page: MonitorsPage },
  { path: 'lineage', title: 'Lineage', group: 'Models', page: LineagePage },
  { path: 'timeline', title: 'Timeline', group: 'Past', page: TimelinePage },
  { path: 'stories', title: 'Stories', group: 'Past', page: StoriesPage },
  { path: 'replays', title: 'Replays', group: 'Past', page: ReplaysPage },
];
