import type { ArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import type { Platform } from '../platform/platform';
import type { ControlPlane } from './control-plane';

/** What a scenario may act with while the stream stands still. */
export interface Actors {
  readonly platform: Platform;
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly control: ControlPlane;
  /** Applies a file or folder of definitions below the repository, with the demo's variables put in. */
  readonly apply: (path: string) => Promise<void>;
  readonly say: (line: string) => void;
}
