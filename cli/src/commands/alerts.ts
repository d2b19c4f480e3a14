import type { Command } from 'commander';
import { Refused } from '#kernel';
import { openDoor, path, type Door } from '../doors';
import { printJson, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { plural, printable, shortNumber, table } from '../view/text';

interface Alert {
  readonly alert: string;
  readonly deployment: string;
  readonly model: string;
  readonly version: number;
  readonly kind: string;
  readonly subject: string;
  readonly severity?: string;
  readonly statistic?: string;
  readonly effect?: number | null;
  readonly slice?: { readonly field: string; readonly value: string };
  readonly window: { readonly start: string; readonly end: string };
  readonly value: number | null;
  readonly limit: number;
  readonly rows: number;
  readonly message: string;
  readonly sources: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
  }[];
  readonly state: 'open' | 'resolved';
  readonly raisedAt: string;
  readonly raisedTime: string;
  readonly resolvedTime?: string;
  readonly resolution?: { readonly message: string };
  readonly acknowledged?: { readonly by: string; readonly time: string; readonly comment?: string };
  readonly silenced?: { readonly by: string; readonly until: string };
  readonly notifications?: readonly {
    readonly notification: string;
    readonly target: string;
    readonly state: string;
    readonly attempts: number;
    readonly error: string | null;
  }[];
}

interface Silence {
  readonly silence: string;
  readonly actor: string;
  readonly match: Readonly<Record<string, string>>;
  readonly from: string;
  readonly until: string;
  readonly comment?: string;
  readonly inForce: boolean;
  readonly holdsBack: readonly string[];
}

type Options = GlobalOptions & ActorOptions;

export const addAlerts = (program: Command): void => {
  const alerts = program.command('alerts').description('what is over its limit, and what people say of it');
  alerts.addHelpText(
    'after',
    '\nExample:\n  ./playhead alerts list\n  ./playhead alerts acknowledge fraud/feature-drift/amount@2018-05-01T00:00:00.000Z --as ada\n  ./playhead alerts silence --deployment fraud --subject "amount*" --for 2h --as ada',
  );
  addList(alerts);
  addShow(alerts);
  addAcknowledge(alerts);
  addResolve(alerts);
  addSilence(alerts);
  addUnsilence(alerts);
};

const addList = (alerts: Command): void => {
  withPlace(alerts.command('list').description('open alerts; with silences in force'))
    .option('--all', 'those that are over, too', false)
    .option('--deployment <name>', 'only of this deployment')
    .option('--kind <kind>', 'only of this kind, such as feature-drift')
    .addHelpText('after', '\nExample:\n  ./playhead alerts list --deployment fraud')
    .action(async (options: GlobalOptions & { all: boolean; deployment?: string; kind?: string }) => {
      const door = await monitoringOf(options);
      const { deployment, kind } = options;
      const state = options.all ? undefined : 'open';
      const { alerts: list } = await door.get<{ alerts: Alert[] }>('/v1/alerts', { state, deployment, kind });
      const { silences } = await door.get<{ silences: Silence[] }>('/v1/silences');
      if (options.json) return printJson({ alerts: list, silences });
      console.log(list.length === 0 ? `no ${options.all ? '' : 'open '}alerts` : alertTable(list));
      if (silences.length > 0) console.log(`\n${silenceTable(silences)}`);
    });
};

const addShow = (alerts: Command): void => {
  withPlace(alerts.command('show').argument('<alert>', 'its name, as `alerts list` says it'))
    .description('values, limit, rows and offsets of one, and who was told')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead alerts show fraud/feature-drift/amount@2018-05-01T00:00:00.000Z',
    )
    .action(async (alert: string, options: GlobalOptions) => {
      const found = await (await monitoringOf(options)).get<Alert>(path`/v1/alerts/${alert}`);
      if (options.json) printJson(found);
      else console.log(alertText(found));
    });
};

const addAcknowledge = (alerts: Command): void => {
  withActor(withPlace(alerts.command('acknowledge').argument('<alert>', 'its name')))
    .description('somebody has seen it: it is not sent again while it is open')
    .option('--comment <text>', 'what there is to say of it')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead alerts acknowledge fraud/feature-drift/amount@2018-05-01T00:00:00.000Z --as ada --comment "new prices"',
    )
    .action(async (alert: string, options: Options & { comment?: string }) => {
      const { comment } = options;
      const body = comment === undefined ? {} : { comment };
      const door = await monitoringOf(options);
      const found = await door.post<Alert>(path`/v1/alerts/${alert}/acknowledge`, body);
      if (options.json) printJson(found);
      else console.log(`${printable(alert)} is acknowledged by ${printable(options.as)}`);
    });
};

const addResolve = (alerts: Command): void => {
  withActor(withPlace(alerts.command('resolve').argument('<alert>', 'its name')))
    .description('it is over, whatever the values say; a later window can raise it anew')
    .requiredOption('--reason <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead alerts resolve fraud/feature-drift/amount@2018-05-01T00:00:00.000Z --as ada --reason "new prices"',
    )
    .action(async (alert: string, options: Options & { reason: string }) => {
      const door = await monitoringOf(options);
      const found = await door.post<Alert>(path`/v1/alerts/${alert}/resolve`, { reason: options.reason });
      if (options.json) printJson(found);
      else console.log(`${printable(alert)} is over: ${printable(options.reason)}`);
    });
};

interface Matching {
  readonly deployment?: string;
  readonly kind?: string;
  readonly subject?: string;
  readonly for?: string;
  readonly until?: string;
  readonly comment?: string;
}

const addSilence = (alerts: Command): void => {
  withActor(withPlace(alerts.command('silence').description('send no alerts that fit, for a time')))
    .option('--deployment <pattern>', 'of deployments that fit; * stands for any text')
    .option('--kind <pattern>', 'of kinds that fit, such as "*-drift"')
    .option('--subject <pattern>', 'about what fits, such as "amount*"')
    .option('--for <duration>', 'how long from now on, such as 2h')
    .option('--until <time>', 'instead: RFC 3339')
    .option('--comment <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead alerts silence --deployment fraud --kind "*-drift" --for 2h --as ada --comment "sale"',
    )
    .action(async (options: Options & Matching) => {
      const { deployment, kind, subject, for: duration, until, comment } = options;
      if ((duration === undefined) === (until === undefined))
        throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say how long: either --for 2h or --until TIME');
      const wish = { deployment, kind, subject, for: duration, until, comment };
      const said = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
      const silence = await (await monitoringOf(options)).post<Silence>('/v1/silences', said);
      if (options.json) return printJson(silence);
      const holds = silence.holdsBack.length;
      console.log(
        `silence ${silence.silence} until ${silence.until}${holds > 0 ? `; it holds back ${plural(holds, 'open alert')}` : ''}`,
      );
    });
};

const addUnsilence = (alerts: Command): void => {
  withActor(withPlace(alerts.command('unsilence').argument('<silence>', 'its name, such as 0-41')))
    .description('send again before the silence is over')
    .addHelpText('after', '\nExample:\n  ./playhead alerts unsilence 0-41 --as ada')
    .action(async (silence: string, options: Options) => {
      const gone = await (await monitoringOf(options)).delete<Silence>(path`/v1/silences/${silence}`);
      if (options.json) printJson(gone);
      else console.log(`silence ${printable(silence)} is over`);
    });
};

const monitoringOf = async (options: GlobalOptions & Partial<ActorOptions>): Promise<Door> =>
  openDoor((await findPlatform(options.dataDir, process.env)).url('monitoring'), options.as);

const stateOf = ({ state, acknowledged, silenced }: Alert): string =>
  state === 'resolved' ? 'over' : silenced ? 'silenced' : acknowledged ? 'acknowledged' : 'open';

const aboutOf = ({ subject, slice }: Alert): string =>
  slice ? `${subject} (${slice.field}=${slice.value})` : subject;

const alertTable = (alerts: readonly Alert[]): string =>
  table(
    ['state', 'severity', 'kind', 'subject', 'value', 'limit', 'rows', 'effect', 'window', 'alert'],
    alerts.map((alert) => [
      stateOf(alert),
      alert.severity ?? 'warning',
      alert.kind,
      aboutOf(alert),
      shortNumber(alert.value),
      shortNumber(alert.limit),
      alert.rows,
      shortNumber(alert.effect),
      alert.window.start.slice(0, 16),
      alert.alert,
    ]),
  );

const silenceTable = (silences: readonly Silence[]): string =>
  table(
    ['silence', 'fits', 'until', 'by', 'holds back', 'comment'],
    silences.map(({ silence, match, until, actor, holdsBack, comment }) => [
      silence,
      Object.entries(match)
        .map(([field, pattern]) => `${field}=${pattern}`)
        .join(' ') || 'all alerts',
      until,
      actor,
      holdsBack.length,
      comment,
    ]),
  );

const alertText = (alert: Alert): string => {
  const { model, version, window, acknowledged, silenced, resolution, notifications = [] } = alert;
  const rows: (readonly [string, string])[] = [
    ['alert', alert.alert],
    ['state', stateOf(alert)],
    ['severity', alert.severity ?? 'warning'],
    ['about', `${alert.kind} ${aboutOf(alert)} of ${model}@${version}`],
    ['says', alert.message],
    [alert.statistic ?? 'value', `${shortNumber(alert.value)}, the limit is ${shortNumber(alert.limit)}`],
    ['rows', String(alert.rows)],
    ['effect', shortNumber(alert.effect)],
    ['window', `${window.start} to ${window.end}`],
    ['raised', `${alert.raisedTime} (monitoring.alerts:${alert.raisedAt})`],
    ...alert.sources.map(
      ({ topic, partition, from, to }) => ['made by', `${topic}:${partition} ${from} to ${to - 1}`] as const,
    ),
    ...(acknowledged
      ? [
          [
            'seen',
            `by ${acknowledged.by} at ${acknowledged.time}${acknowledged.comment ? `: ${acknowledged.comment}` : ''}`,
          ] as const,
        ]
      : []),
    ...(silenced ? [['silenced', `by ${silenced.by} until ${silenced.until}`] as const] : []),
    ...(resolution ? [['over', `${alert.resolvedTime ?? ''} ${resolution.message}`] as const] : []),
    ...notifications.map(
      ({ notification, target, state, attempts, error }) =>
        [
          'told',
          `${target}: ${state}, ${plural(attempts, 'attempt')}${error ? `, ${error}` : ''} (${notification})`,
        ] as const,
    ),
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)} ${printable(value)}`).join('\n');
};
