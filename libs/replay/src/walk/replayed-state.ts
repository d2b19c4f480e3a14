import { SeenPositions, type LogRecord, type Section } from '#eventlog';
import { Defect } from '#kernel';
import type { Hop } from '../verify/hop';

/** State as it stands in a checkpoint: the parts encode themselves. */
export interface StoredState {
  readonly next: number;
  readonly seen: readonly (readonly [source: string, offset: number, k: number])[];
  /** By definition; one without a name where the state is in one piece. */
  readonly parts: readonly (readonly [definition: string, bytes: Uint8Array])[];
}

export interface StatePlan {
  readonly partition: number;
  /** Where the fold began at all. */
  readonly zero: number;
  /** Where state is needed. */
  readonly at: number;
  /** Control positions under which it is needed: the first, and the newest. */
  readonly controls: readonly [first: number, last: number];
  /** False: from zero, whatever snapshots there are. */
  readonly snapshots: boolean;
  readonly stored?: StoredState;
}

interface Standing {
  readonly section: Section;
  readonly part: unknown;
  /** It has folded all records below. */
  readonly from: number;
  readonly carriedBy: ReadonlySet<number>;
  readonly lastCarried: number;
}

/**
 * Stateless folds keep nothing but what they have seen: so many records before a range are looked at, so that duplicates of zombies
 * that lie in the range are known for what they are (law L3).
 */
const LOOK_BACK = 4_000;
const WHOLE = '';

/** The state of one partition, brought to the begin of a range from snapshots, a checkpoint or zero, and carried along from there. */
export class ReplayedState<State> {
  constructor(
    readonly state: State,
    /** The source is read from here on: below the range, silently. */
    readonly from: number,
    readonly seen: SeenPositions,
    private readonly standing: readonly Standing[],
    private readonly encodeWhole?: () => Uint8Array,
  ) {}

  static begin<State, Control>(hop: Hop<State, Control>, plan: StatePlan): Promise<ReplayedState<State>> {
    switch (hop.fold.restore.from) {
      case 'none':
        return Promise.resolve(withoutState(hop, plan));
      case 'sections':
        return withSections(hop, plan);
      case 'source':
        return inOnePiece(hop, plan);
      case 'primary':
        throw new Defect(
          `fold ${hop.fold.name} is restored from its own output: it proves nothing to run it again`,
        );
    }
  }

  /** True where records below the range are folded by parts, without the fold itself: control has no part in it. */
  get bySections(): boolean {
    return this.standing.length > 0;
  }

  /** Folds records below the range. */
  foldSilently(records: readonly LogRecord[]): void {
    for (const { section, part, from } of this.standing) foldFrom(section, part, from, records);
  }

  /** Folds what the fold itself leaves alone under this control, and needs under a later one. */
  foldBeside(records: readonly LogRecord[], control: number): void {
    for (const { section, part, from, carriedBy, lastCarried } of this.standing)
      if (!carriedBy.has(control) && lastCarried > control) foldFrom(section, part, from, records);
  }

  async store(next: number): Promise<StoredState> {
    const parts: [string, Uint8Array][] = [];
    for (const { section, part } of this.standing)
      parts.push([section.definition, await section.encode(part)]);
    if (this.encodeWhole) parts.push([WHOLE, this.encodeWhole()]);
    return { next, seen: this.seen.toJSON(), parts };
  }
}

const foldFrom = (section: Section, part: unknown, from: number, records: readonly LogRecord[]): void => {
  const above =
    records[0] && records[0].offset < from ? records.filter(({ offset }) => offset >= from) : records;
  if (above.length > 0) section.fold(part, above);
};

const withoutState = <State, Control>(
  { fold, control }: Hop<State, Control>,
  { partition, zero, at, stored }: StatePlan,
): ReplayedState<State> =>
  new ReplayedState(
    fold.initial(partition, control.state),
    stored?.next ?? Math.max(zero, at - LOOK_BACK),
    SeenPositions.from(stored?.seen ?? []),
    [],
  );

const withSections = async <State, Control>(
  hop: Hop<State, Control>,
  plan: StatePlan,
): Promise<ReplayedState<State>> => {
  const { fold, control, snapshots } = hop;
  const { partition, zero, at, controls, stored } = plan;
  const restore = fold.restore as Extract<typeof fold.restore, { from: 'sections' }>;
  const needed = new Map<string, { section: Section; carriedBy: Set<number> }>();
  for (let position = controls[0]; position <= controls[1]; position++) {
    for (const section of restore.of(control.at(position)).carried) {
      const known = needed.get(section.definition);
      if (known) known.carriedBy.add(position);
      else needed.set(section.definition, { section, carriedBy: new Set([position]) });
    }
  }
  const bytes = new Map(stored?.parts);
  const standing: Standing[] = [];
  let seen: SeenPositions | undefined;
  let earliest = Infinity;
  for (const { section, carriedBy } of needed.values()) {
    const place = { fold: fold.name, definition: section.definition, topic: hop.source, partition };
    const kept = bytes.get(section.definition);
    const found = kept
      ? {
          offset: stored!.next,
          state: section.decode(kept, partition),
          seen: SeenPositions.from(stored!.seen),
        }
      : plan.snapshots
        ? await snapshots?.newest(place, stored?.next ?? at, (taken) => section.decode(taken, partition))
        : undefined;
    const from = found?.offset ?? zero;
    const part = found ? found.state : section.initial(partition);
    standing.push({ section, part, from, carriedBy, lastCarried: Math.max(...carriedBy) });
    if (from < earliest) [earliest, seen] = [from, found?.seen];
  }
  const state = fold.initial(partition, control.at(controls[1]));
  for (const { section, part } of standing) restore.parts(state).set(section.definition, part);
  return new ReplayedState(
    state,
    standing.length === 0 ? zero : earliest,
    seen ?? new SeenPositions(),
    standing,
  );
};

const inOnePiece = async <State, Control>(
  { fold, control, snapshots, source }: Hop<State, Control>,
  plan: StatePlan,
): Promise<ReplayedState<State>> => {
  const { partition, zero, at, stored } = plan;
  const { snapshot: codec } = fold.restore as Extract<typeof fold.restore, { from: 'source' }>;
  const definition = fold.definition?.(control.state) ?? '';
  const kept = stored?.parts.find(([name]) => name === WHOLE)?.[1];
  const found =
    codec && kept
      ? { offset: stored!.next, state: codec.decode(kept, partition), seen: SeenPositions.from(stored!.seen) }
      : codec && plan.snapshots
        ? await snapshots?.newest({ fold: fold.name, definition, topic: source, partition }, at, (bytes) =>
            codec.decode(bytes, partition),
          )
        : undefined;
  const state = found ? found.state : fold.initial(partition, control.state);
  return new ReplayedState(
    state,
    found?.offset ?? zero,
    found?.seen ?? new SeenPositions(),
    [],
    codec && (() => codec.encode(state)),
  );
};
