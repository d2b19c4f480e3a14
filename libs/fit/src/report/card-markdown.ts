import type { DisparityReport, FoldsReport, PartSummary } from './evaluation-report';
import { aModel, type ModelCard } from './model-card';

/** A card as Markdown. Names of people, fields and values are other people's text: they are escaped. */
export const writeModelCard = (card: ModelCard): string =>
  `${[
    title(card),
    details(card),
    intendedUse(card),
    dataSection(card),
    metricsSection(card),
    comparedSection(card),
    decisionsSection(card),
    calibrationSection(card),
    confusionSection(card),
    slicesSection(card),
    fairnessSection(card),
    foldsSection('Cross-validation', card.analyses?.folds),
    foldsSection('Backtest with rolling origin', card.analyses?.backtest),
    importanceSection(card),
    governanceSection(card),
    listSection('Caveats', card.caveats),
    reproductionSection(card),
  ]
    .filter((section) => section !== '')
    .join('\n\n')}\n`;

const title = ({ model_details: { name, version, task, trainer } }: ModelCard): string =>
  `# ${text(name)}${version === null ? '' : `@${version}`}\n\n${aModel(task).replace('a', 'A')} by \`${trainer}\`. This card is generated from the facts on the log and the files that they name.`;

const details = ({ model_details: d }: ModelCard): string =>
  section('Model details', [
    table(
      ['', ''],
      [
        ['run', code(d.run)],
        ['definition', `revision ${text(d.revision)}, ${code(d.definition)}`],
        ['trainer', `${code(d.trainer)}, seed ${d.seed}`],
        ['parameters', parametersOf(d.parameters)],
        ...(d.origin === 'trained' ? [] : [['origin', text(d.origin)]]),
        [
          'model file',
          `${code(d.artifact)}${d.size_bytes === null ? '' : `, ${d.size_bytes.toLocaleString('en')} bytes`}`,
        ],
        ...(d.latency_ms
          ? [
              [
                'latency',
                `p50 ${number(d.latency_ms.p50)} ms, p99 ${number(d.latency_ms.p99)} ms (${d.latency_ms.rows} single rows)`,
              ],
            ]
          : []),
        ...(d.fitted_in_seconds === null ? [] : [['fitted in', `${number(d.fitted_in_seconds)} s`]]),
        ...(d.code === null
          ? []
          : [
              [
                'made with',
                `version ${text(d.code)}${d.runtime ? `, ${text(d.runtime.runtime)} ${text(d.runtime.version)}, Node ${text(d.runtime.node)}` : ''}`,
              ],
            ]),
      ],
    ),
  ]);

const parametersOf = (parameters: Readonly<Record<string, unknown>>): string =>
  Object.keys(parameters).length === 0
    ? 'defaults'
    : Object.entries(parameters)
        .map(
          ([name, value]) =>
            `${text(name)} ${text(typeof value === 'string' ? value : JSON.stringify(value))}`,
        )
        .join(', ');

const intendedUse = ({ intended_use: use }: ModelCard): string =>
  section('Intended use', [
    ...(use.description === null ? [] : [text(use.description)]),
    [
      `Answers ${use.answers}`,
      ...(use.label
        ? [
            `; the label is \`${use.label.name}\` (field \`${use.label.field}\`), known ${days(use.label.maturity_ms)} after the event`,
          ]
        : []),
      '.',
      ...(use.service ? [` Reads feature service \`${use.service}\``] : []),
      ...(use.entity ? [`, one vector for each event of a \`${use.entity}\``] : []),
      ...(use.service ? ['.'] : []),
    ].join(''),
    `Features: ${use.features.map(code).join(', ')}`,
  ]);

const dataSection = ({ data }: ModelCard): string => {
  const row = (name: string, part: PartSummary | { readonly rows: number } | null): string[][] => {
    if (!part) return [];
    const summary = 'labelled' in part ? part : undefined;
    return [
      [
        name,
        part.rows.toLocaleString('en'),
        summary && summary.label_mean !== null ? number(summary.label_mean) : '-',
        summary?.from ?? '-',
        summary?.to ?? '-',
      ],
    ];
  };
  const read = data.read.map(({ topic, partition, from, to }) => [
    code(topic),
    String(partition),
    String(from),
    String(to),
  ]);
  return section('Data', [
    `Rows with the digest ${code(data.digest)}${data.as_of === null ? '' : `, as known at ${text(data.as_of)}`}; split: ${code(JSON.stringify(data.split))}.`,
    table(
      ['', 'rows', 'mean of the label', 'from', 'to'],
      [...row('training', data.train), ...row('hold-out', data.holdout)],
    ),
    ...(read.length > 0
      ? ['Read from these offsets (`to` is exclusive):', table(['topic', 'partition', 'from', 'to'], read)]
      : []),
  ]);
};

const metricsSection = ({ metrics, intervals }: ModelCard): string =>
  section('Metrics', [
    table(
      ['metric', 'better', 'hold-out', 'interval', 'training'],
      metrics.map(({ name, better, holdout, low, high, train }) => [
        code(name),
        better ?? '-',
        value(holdout),
        low === null || high === null ? '-' : `${number(low)} to ${number(high)}`,
        value(train),
      ]),
    ),
    ...(intervals
      ? [
          `Intervals hold the metric on ${number(100 * intervals.confidence)} % of ${intervals.samples} samples of the hold-out, drawn by ${intervals.unit} with replacement.`,
        ]
      : []),
  ]);

const comparedSection = ({ compared }: ModelCard): string =>
  compared.length === 0
    ? ''
    : section('Beside other versions', [
        'On the same rows; a positive difference is better.',
        table(
          ['gate', 'version', 'difference', 'interval'],
          compared.map(({ name, version, value: difference, low, high, reason }) => [
            code(name),
            String(version),
            difference === null ? `not compared: ${text(reason ?? '')}` : number(difference),
            low === undefined || high === undefined ? '-' : `${number(low)} to ${number(high)}`,
          ]),
        ),
      ]);

const decisionsSection = ({ analyses }: ModelCard): string => {
  const { decisions, costs } = analyses ?? {};
  if (!decisions) return '';
  return section('Decisions on the hold-out', [
    table(
      ['threshold', 'true +', 'false +', 'false -', 'true -', 'precision', 'recall', 'F1'],
      decisions.map((d) => [
        number(d.threshold),
        ...[d.true_positives, d.false_positives, d.false_negatives, d.true_negatives].map(String),
        value(d.precision),
        value(d.recall),
        value(d.f1),
      ]),
    ),
    ...(costs
      ? [
          `With a cost of ${number(costs.false_positive)} for a false positive and ${number(costs.false_negative)} for a false negative, ${
            costs.threshold === null
              ? 'deciding nothing positive costs least'
              : `the threshold ${number(costs.threshold)} costs least`
          }: ${number(costs.cost)} a row, beside ${number(costs.calibrated_cost)} at ${number(costs.calibrated_threshold)} (what the costs alone say), ${number(costs.cost_of_none)} with none and ${number(costs.cost_of_all)} with all decided positive.`,
        ]
      : []),
  ]);
};

const calibrationSection = ({ analyses }: ModelCard): string => {
  const { calibration } = analyses ?? {};
  if (!calibration) return '';
  return section('Calibration', [
    `Expected calibration error ${value(calibration.equal_count.error)} (bins of equal count), ${value(calibration.equal_width.error)} (of equal width).`,
    table(
      ['probability', 'rows', 'mean probability', 'came true'],
      calibration.equal_count.bins.map((bin) => [
        `${number(bin.from)} to ${number(bin.to)}`,
        String(bin.rows),
        number(bin.predicted),
        number(bin.observed),
      ]),
    ),
  ]);
};

const confusionSection = ({ analyses }: ModelCard): string => {
  const { confusion } = analyses ?? {};
  if (!confusion) return '';
  return section('Confusion', [
    'Rows are the true class, columns the most probable one.',
    table(
      ['', ...confusion.map((_, each) => String(each))],
      confusion.map((row, each) => [String(each), ...row.map(String)]),
    ),
  ]);
};

const MOST_SHOWN = 10;

const slicesSection = ({ analyses, metrics }: ModelCard): string => {
  const slices = analyses?.slices ?? [];
  if (slices.length === 0) return '';
  const names = metrics.map(({ name }) => name).filter((name) => !name.includes('@'));
  const shown = SHOWN_METRICS.filter((name) => names.includes(name)).slice(0, 4);
  return section(
    'Slices of the hold-out',
    slices.flatMap(({ field, slices: values, small, min_rows, not_shown }) => [
      `By ${code(field)}: ${values.length + not_shown} values with at least ${min_rows} rows${small.values > 0 ? `, ${small.values} smaller ones with ${small.rows} rows together` : ''}.`,
      table(
        ['value', 'rows', 'mean of the label', ...shown],
        values
          .slice(0, MOST_SHOWN)
          .map((slice) => [
            text(slice.value),
            String(slice.rows),
            number(slice.label_mean),
            ...shown.map((name) => value(slice.metrics[name] ?? null)),
          ]),
      ),
    ]),
  );
};

const SHOWN_METRICS = [
  'average_precision',
  'roc_auc',
  'brier',
  'recall',
  'accuracy',
  'f1_macro',
  'rmse',
  'mae',
  'ndcg',
  'mrr',
];

const fairnessSection = ({ analyses }: ModelCard): string => {
  const fairness = analyses?.fairness ?? [];
  if (fairness.length === 0) return '';
  const told = (name: string, disparity: DisparityReport | null): string =>
    `${name} ${disparity ? `${number(disparity.value)} (${disparity.between.map(text).join(' and ')})` : '-'}`;
  return section(
    'Fairness',
    fairness.flatMap((report) => [
      `By ${code(report.field)} at the threshold ${number(report.threshold)}${report.reference === undefined ? '' : `, beside ${text(report.reference)}`}: ${[
        told('demographic parity difference', report.demographic_parity),
        told('disparate impact', report.disparate_impact),
        told('equal opportunity difference', report.equal_opportunity),
      ].join(', ')}.`,
      table(
        ['value', 'rows', 'decided positive', 'true positive rate', 'false positive rate'],
        report.groups
          .slice(0, 2 * MOST_SHOWN)
          .map((group) => [
            text(group.value),
            String(group.rows),
            number(group.selection_rate),
            value(group.true_positive_rate),
            value(group.false_positive_rate),
          ]),
      ),
    ]),
  );
};

const foldsSection = (name: string, report: FoldsReport | undefined): string => {
  if (!report) return '';
  const names = SHOWN_METRICS.filter((each) => report.mean[each] !== undefined).slice(0, 4);
  const leftOut = report.asked - report.folds.length;
  return section(name, [
    ...(leftOut > 0 ? [`${leftOut} of ${report.asked} have no rows on a side, and are left out.`] : []),
    table(
      ['judged', 'learned from', 'rows', ...names],
      [
        ...report.folds.map((fold, index) => [
          fold.after === undefined ? `fold ${index + 1}` : `${fold.after} to ${fold.until}`,
          `${fold.train} rows`,
          String(fold.test),
          ...names.map((each) =>
            fold.refused === undefined ? value(fold.metrics[each] ?? null) : 'no model',
          ),
        ]),
        ['mean', '', '', ...names.map((each) => value(report.mean[each] ?? null))],
        ['standard deviation', '', '', ...names.map((each) => value(report.deviation[each] ?? null))],
      ],
    ),
  ]);
};

const importanceSection = ({ analyses }: ModelCard): string => {
  const { learned, permutation, contributions } = analyses?.importance ?? {};
  const features = (learned ?? permutation?.features ?? []).map(({ feature }) => feature);
  if (features.length === 0) return '';
  const drop = new Map(permutation?.features.map((each) => [each.feature, each.drop]));
  const mean = new Map(contributions?.features.map((each) => [each.feature, each.mean]));
  const share = new Map(learned?.map((each) => [each.feature, each.share]));
  const order = [...features].sort(
    (a, b) => (share.get(b) ?? drop.get(b) ?? 0) - (share.get(a) ?? drop.get(a) ?? 0),
  );
  const of = (map: ReadonlyMap<string, number>, feature: string): string => value(map.get(feature) ?? null);
  return section('What it goes by', [
    table(
      [
        'feature',
        'share learned',
        permutation ? `loss of ${permutation.metric} when shuffled` : 'when shuffled',
        'mean contribution',
      ],
      order.map((feature) => [code(feature), of(share, feature), of(drop, feature), of(mean, feature)]),
    ),
  ]);
};

const governanceSection = ({ governance }: ModelCard): string => {
  if (!governance) return '';
  const { status, registered_at, gates, review, aliases, tags } = governance;
  return section('Decisions about this version', [
    `Registered at ${registered_at}; it ${status === 'failed' ? 'did not pass its gates' : `is ${status}`}${aliases.length > 0 ? `, and is named ${aliases.map(code).join(', ')}` : ''}.`,
    ...(gates.length > 0
      ? [
          table(
            ['gate', 'measured', 'verdict', ''],
            gates.map((gate) => [
              code(
                [
                  gate.metric,
                  ...(gate.slice === undefined ? [] : [`by ${gate.slice}`]),
                  ...(gate.group === undefined ? [] : [`by ${gate.group}`]),
                  ...(gate.against === undefined ? [] : [`against ${gate.against}`]),
                  ...(gate.min === undefined ? [] : [`>= ${gate.min}`]),
                  ...(gate.max === undefined ? [] : [`<= ${gate.max}`]),
                ].join(' '),
              ),
              value(gate.value),
              gate.passed ? 'passed' : 'failed',
              text(gate.reason ?? ''),
            ]),
          ),
        ]
      : []),
    ...(review
      ? [
          `${text(review.verdict)} by ${text(review.by)}${review.at === undefined ? '' : ` at ${review.at}`}${review.comment === undefined ? '' : `: ${text(review.comment)}`}.`,
        ]
      : []),
    ...(tags && Object.keys(tags).length > 0
      ? [
          `Tags: ${Object.entries(tags)
            .map(([name, each]) => code(`${name}=${each}`))
            .join(', ')}`,
        ]
      : []),
  ]);
};

const reproductionSection = ({ reproduction: { command, manifest } }: ModelCard): string =>
  section('How to get the same bytes', [
    command === null
      ? `Everything that is needed stands in the manifest ${code(manifest)}.`
      : `\`\`\`\n${command}\n\`\`\`\n\nEverything that is needed stands on the log and in the manifest ${code(manifest)}.`,
  ]);

const listSection = (name: string, items: readonly string[]): string =>
  items.length === 0 ? '' : section(name, [items.map((item) => `- ${text(item)}`).join('\n')]);

const section = (name: string, paragraphs: readonly string[]): string =>
  [`## ${name}`, ...paragraphs].join('\n\n');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Text of somebody else: no markup, no new line, no column of a table. */
const text = (given: string): string => given.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|]/g, '\\$&');

const code = (given: string): string => `\`${given.replace(/[`\n\r|]/g, ' ')}\``;

/** Whole numbers (bytes, rows) as they are. */
const number = (given: number): string =>
  String(Number.isInteger(given) ? given : Number(given.toPrecision(4)));

const value = (given: number | null): string => (given === null ? '-' : number(given));

const days = (ms: number): string =>
  ms === 0
    ? 'at once'
    : ms % 86_400_000 === 0
      ? `${ms / 86_400_000} days`
      : `${number(ms / 3_600_000)} hours`;
