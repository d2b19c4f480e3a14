/**
 * A metric as data: the code makes it from this, and `docs/reference/metrics.md` shows it. Names are Prometheus's:
 * `playhead_<thing>_<unit>`; a counter's ends in `_total`. Each module has one table of them.
 */
export interface MetricSpec<Label extends string = string> {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** In words: `records`, `seconds`, `bytes`. */
  readonly unit: string;
  /** What each label says. */
  readonly labels: Readonly<Record<Label, string>>;
  readonly help: string;
  /** Upper bounds of the buckets of a histogram. */
  readonly boundaries?: readonly number[];
}

export type Labels<Label extends string = string> = Readonly<Record<Label, string | number>>;

export interface Sample<Label extends string = string> {
  readonly value: number;
  readonly labels: Labels<Label>;
}

/** How often each value was seen. */
export interface Distribution<Label extends string = string> {
  readonly labels: Labels<Label>;
  readonly values: readonly { readonly value: number; readonly times: number }[];
}
