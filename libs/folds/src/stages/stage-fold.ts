import { ContractViolation } from '#kernel';
import type { FeatureEvent, FeatureState } from '#features';
import { inSteps } from '../in-steps';
import type { RevisionStage } from './revision-stages';

/** What one revision remembers of the entities of one partition of a stage: an engine's state for each of its streams, in order. */
export type StagePart = readonly FeatureState[];

/** One revision of a stage, ready to fold. */
export interface StageFold {
  readonly initial: () => StagePart;
  /** Streams whose events are needed. */
  readonly reads: ReadonlySet<string>;
  /** Folds an event. Throws ContractViolation, with the part untouched, for one without a time. */
  fold(part: StagePart, stream: string, event: FeatureEvent): void;
  /**
   * Folds a trigger, where a view is over its stream, and gives the values of the entity as of its time, in the order of the part.
   * `event` is needed where `reads` has the trigger's stream; key null gives the values of empty windows.
   */
  values(
    part: StagePart,
    event: FeatureEvent | undefined,
    key: string | null,
    time: number,
  ): (number | null)[];
  /** A part of its own that knows this one entity. */
  copyOf(part: StagePart, key: string | null): StagePart;
  /** Estimated. */
  bytes(part: StagePart): number;
  encode(part: StagePart): Promise<Uint8Array>;
  decode(bytes: Uint8Array): StagePart;
}

export const compileStageFold = ({ sources }: RevisionStage): StageFold => ({
  initial: () => sources.map(({ engine }) => engine.createState()),
  reads: new Set(sources.map(({ stream }) => stream)),
  fold: (part, stream, event) => {
    for (let i = 0; i < sources.length; i++)
      if (sources[i]!.stream === stream) sources[i]!.engine.add(part[i]!, event);
  },
  values: (part, event, key, time) => {
    const values: (number | null)[] = [];
    for (let i = 0; i < sources.length; i++) {
      const { engine, isTrigger } = sources[i]!;
      const own = isTrigger ? engine.apply(part[i]!, event!) : engine.readAt(part[i]!, key, time);
      for (let n = 0; n < own.length; n++) values.push(own[n]!);
    }
    return values;
  },
  copyOf: (part, key) => sources.map(({ engine }, i) => engine.copyOf(part[i]!, key)),
  bytes: (part) => sources.reduce((sum, { engine }, i) => sum + engine.stats(part[i]!).approximateBytes, 0),
  encode: async (part) => {
    const frames: Buffer[] = [];
    for (const [i, { engine }] of sources.entries())
      frames.push(Buffer.from(await inSteps(engine.encodeInSteps(part[i]!))));
    return Buffer.concat(frames.flatMap((frame) => [lengthOf(frame), frame]));
  },
  decode: (bytes) => {
    const frames = [...unframed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))];
    if (frames.length !== sources.length)
      throw new ContractViolation(
        'PLAYHEAD_FEATURES_SNAPSHOT_INVALID',
        `the snapshot holds ${frames.length} streams, the stage folds ${sources.length}`,
      );
    return sources.map(({ engine }, i) => engine.decodeState(frames[i]!));
  },
});

const lengthOf = (frame: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  return length;
};

function* unframed(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) throw cutShort();
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) throw cutShort();
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}

const cutShort = (): ContractViolation =>
  new ContractViolation('PLAYHEAD_FEATURES_SNAPSHOT_INVALID', 'the snapshot is cut short');
