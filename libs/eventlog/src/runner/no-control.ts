import type { EventLog } from '../port';
import { FollowedTopic } from './followed-topic';

/** The control of a fold that takes its rules from no topic: it stands before a first fact for ever, and reads nothing. */
export class NoControl extends FollowedTopic<undefined> {
  constructor() {
    super({
      log: NOTHING,
      topic: '',
      initial: undefined,
      evolve: () => undefined,
      sleep: () => Promise.resolve(),
    });
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** Never asked: `start` is what would read it. */
const NOTHING = undefined as unknown as EventLog;
