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
  readonly say: (line: string) => void;
}
