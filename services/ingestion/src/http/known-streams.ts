import type { EventLog, FollowedTopic } from '#eventlog';
import { PlatformError, Refused } from '#kernel';
import type { StreamInForce, Streams } from '../domain/streams';

export interface KnownStreamsOptions {
  readonly control: FollowedTopic<Streams>;
  readonly log: Pick<EventLog, 'ends'>;
  /** Full name of `registry.definitions`. */
  readonly topic: string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Throws while the service has not caught up. */
  readonly assertRunning: () => void;
}

const PATIENCE_MS = 2_000;

/** The streams as the doors see them. */
export class KnownStreams {
  constructor(private readonly options: KnownStreamsOptions) {}

  all(): StreamInForce[] {
    return [...this.options.control.state.values()];
  }

  /** A stream that is not known yet may have been applied a moment ago: what stands on the topic now is waited for before a 404. */
  async get(name: string): Promise<StreamInForce> {
    return this.options.control.state.get(name) ?? (await this.lookAgain(name));
  }

  private async lookAgain(name: string): Promise<StreamInForce> {
    const { control, log, topic, sleep, assertRunning } = this.options;
    try {
      assertRunning();
    } catch (cause) {
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        'the definitions of the streams are not read yet',
        { cause },
      );
    }
    const { end } = (await log.ends(topic))[0]!;
    await Promise.race([control.reach(end - 1), sleep(PATIENCE_MS)]);
    const stream = control.state.get(name);
    if (!stream)
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no stream ${name}; apply its definition first`);
    return stream;
  }
}
