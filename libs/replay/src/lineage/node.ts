export type LineageKind =
  | 'prediction'
  | 'vector'
  | 'observation'
  | 'inbox record'
  | 'window'
  | 'definition'
  | 'deployment'
  | 'model version'
  | 'training run'
  | 'training request'
  | 'data set';

/** A thing that stands on the log, and what it came from or went into. Plain data. */
export interface LineageNode {
  readonly kind: LineageKind;
  /** What a person calls it: an event id, `fraud@3`, `run-0-12`. */
  readonly name: string;
  /** Below the namespace. */
  readonly topic?: string;
  /** `<partition>-<offset>` on that topic. */
  readonly position?: string;
  /** SHA-256 of what it is: of a definition, a model file, the rows of a data set. */
  readonly digest?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Why it cannot be shown, where the log has it no more or never had it. */
  readonly missing?: string;
  /** What it came from. */
  readonly from?: readonly LineageNode[];
  /** What came from it. */
  readonly to?: readonly LineageNode[];
}

/** All nodes below one, itself first, each on its way once. */
export function* walk(node: LineageNode): Generator<LineageNode> {
  yield node;
  for (const next of [...(node.from ?? []), ...(node.to ?? [])]) yield* walk(next);
}
