import type { FollowedTopic } from '#eventlog';
import { PlatformError, Refused, timestampMs, tryParsePosition } from '#kernel';
import type { Sleep } from '#runtime';
import type { RegistryState } from '../domain/state';

/** `registry.inputs` folded in memory: the state now and as of every earlier position. */
export class RegistryView {
  constructor(
    private readonly inputs: FollowedTopic<RegistryState>,
    private readonly sleep: Sleep,
  ) {}

  get now(): RegistryState {
    return this.inputs.state;
  }

  /** The state after the input at an offset, as soon as it is folded; PLAYHEAD_NOT_READY when that takes too long. */
  async after(offset: number, patienceMs: number): Promise<RegistryState> {
    const tooLong = Symbol('too long');
    const first = await Promise.race([this.inputs.reach(offset), this.sleep(patienceMs).then(() => tooLong)]);
    if (first === tooLong || this.inputs.position < 0) {
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        `the request is on the log (0-${offset}) but not folded yet; ask again in a moment`,
      );
    }
    return this.inputs.at(offset);
  }

  /** As of a position of `registry.inputs` or a time (RFC 3339); now without one. */
  asOf(text: string | undefined): RegistryState {
    if (text === undefined || text === '') return this.now;
    const position = tryParsePosition(text);
    if (position?.partition === 0) return this.asOfPosition(text, position.offset);
    if (position)
      throw new Refused(
        'PLAYHEAD_POSITION_INVALID',
        `"${text}" is on partition ${position.partition}, and registry.inputs has partition 0 alone`,
      );
    const ms = timestampMs(text);
    if (Number.isNaN(ms)) {
      throw new Refused(
        'PLAYHEAD_POSITION_INVALID',
        `"${text}" is neither a position (0-12) nor a time (2018-05-06T00:00:00Z)`,
      );
    }
    return this.inputs.at(this.positionAt(ms));
  }

  private asOfPosition(text: string, offset: number): RegistryState {
    if (offset > this.inputs.position) {
      throw new Refused(
        'PLAYHEAD_POSITION_INVALID',
        `"${text}" is beyond 0-${this.inputs.position}, the last input of the registry`,
      );
    }
    return this.inputs.at(offset);
  }

  /** The last position whose append time is at or before `ms`: a binary search over states, whose times never fall. */
  private positionAt(ms: number): number {
    let low = -1;
    let high = this.inputs.position;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const state = this.inputs.at(middle);
      if (state.position >= 0 && Date.parse(state.time) > ms) high = middle - 1;
      else low = middle;
    }
    return low;
  }
}
