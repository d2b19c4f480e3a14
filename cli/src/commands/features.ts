import type { Command } from 'commander';
import { TOPICS, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { newest, servicesAfter, type ServiceRevision, type Services } from '#folds';
import { Refused, partitionOf, timestampMs, tryParsePosition } from '#kernel';
import { historicalFeatures, latestEventTime, parseEntityRows, entityFieldsOf } from '#replay';
import { openDoor } from '../doors';
import { entityIn, readEntityRows } from '../features/entity-rows';
import { writeFeatureRows } from '../features/write-rows';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { withPlatformPorts, type PlatformPorts } from '../platform/platform-ports';
import { shortNumber, table } from '../view/text';

export const addFeatures = (program: Command): void => {
  const features = program
    .command('features')
    .description('feature values of entities: now, at a time, or for a whole file of entities and times');
  features.addHelpText(
    'after',
    '\nExample:\n  ./playhead features get fraud --entity customer_id=4961\n  ./playhead features historical fraud --rows wanted.csv --out known.parquet',
  );
  addGet(features);
  addHistorical(features);
};

const withPorts = <T>({ dataDir }: GlobalOptions, work: (ports: PlatformPorts) => Promise<T>): Promise<T> =>
  withPlatformPorts({ dataDir, client: 'features' }, work);

/** The newest revision that vectors carry, as `registry.definitions` tells it. */
const revisionOf = async ({ log, namespace }: PlatformPorts, name: string): Promise<ServiceRevision> => {
  const facts = await readTopic(log, qualify(namespace, TOPICS.definitions));
  const services = facts.reduce<Services>(servicesAfter, new Map());
  const service = services.get(name);
  if (!service) {
    const known = [...services.keys()].join(', ') || 'none';
    throw new Refused('PLAYHEAD_NOT_FOUND', `there is no feature service ${name}; there are: ${known}`);
  }
  return newest(service);
};

interface GetOptions extends GlobalOptions {
  readonly entity: readonly string[];
  readonly asOf?: string;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

const addGet = (features: Command): void => {
  withPlace(
    features
      .command('get')
      .argument('<service>')
      .description('the values of one entity: of its newest vector, or as known at a time or position'),
  )
    .requiredOption(
      '--entity <field=value>',
      'whose; with --as-of once for each entity of the service, else the key of its trigger',
      collect,
      [],
    )
    .option(
      '--as-of <when>',
      'as known then: a time (RFC 3339), or a position of the trigger’s observations (2-18273), which is counted in',
    )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead features get fraud --entity customer_id=4961\n  ./playhead features get fraud --entity customer_id=4961 --as-of 2018-05-06T00:00:00Z',
    )
    .action(async (service: string, options: GetOptions) => {
      const entity = entityIn(options.entity);
      const answer =
        options.asOf === undefined
          ? await latest(service, entity, options)
          : await asOf(service, entity, options.asOf, options);
      if (options.json) printJson(answer);
      else console.log(describeValues(answer));
    });
};

const named = (entity: Answer['entity']): string =>
  Object.entries(entity)
    .map((pair) => pair.join('='))
    .join(', ');

interface Answer {
  readonly service: string;
  readonly entity: Readonly<Record<string, string>>;
  /** Event time of the newest vector, or the time that was asked about. */
  readonly event_timestamp: string;
  readonly values: Readonly<Record<string, number | null>>;
}

interface OnlineAnswer {
  readonly metadata: { readonly feature_names: readonly string[] };
  readonly results: readonly { values: (number | null)[]; statuses: string[]; event_timestamps: string[] }[];
}

const latest = async (
  service: string,
  entity: Answer['entity'],
  { dataDir }: GlobalOptions,
): Promise<Answer> => {
  const door = openDoor((await findPlatform(dataDir, process.env)).url('feature'));
  const entities = Object.fromEntries(Object.entries(entity).map(([field, value]) => [field, [value]]));
  const { metadata, results } = await door.post<OnlineAnswer>('/get-online-features', {
    feature_service: service,
    entities,
  });
  const columns = metadata.feature_names
    .map((name, i) => ({ name, ...results[i]! }))
    .filter(({ name }) => !(name in entities));
  if (columns.length > 0 && columns.every(({ statuses }) => statuses[0] === 'NOT_FOUND'))
    throw new Refused('PLAYHEAD_NOT_FOUND', `${named(entity)} has no vector of ${service}`);
  return {
    service,
    entity,
    event_timestamp: columns[0]?.event_timestamps[0] ?? '',
    values: Object.fromEntries(columns.map(({ name, values }) => [name, values[0] ?? null])),
  };
};

const asOf = async (
  name: string,
  entity: Answer['entity'],
  when: string,
  options: GlobalOptions,
): Promise<Answer> =>
  withPorts(options, async (ports) => {
    const { compiled } = await revisionOf(ports, name);
    const time = timestampMs(when);
    const cut = Number.isNaN(time) ? await cutAt(ports, compiled.trigger, entity, when) : { time };
    const event_timestamp = new Date(cut.time).toISOString();
    const missing = entityFieldsOf(compiled).find((field) => entity[field] === undefined);
    if (missing !== undefined)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${name} is about ${entityFieldsOf(compiled).join(' and ')}; say --entity ${missing}=..., too`,
      );
    const rows = parseEntityRows([{ ...entity, event_timestamp }], compiled);
    const { features, values } = await historicalFeatures({
      ...ports,
      service: compiled,
      rows,
      ...(cut.upTo && { upTo: cut.upTo }),
    });
    return {
      service: name,
      entity,
      event_timestamp,
      values: Object.fromEntries(features.map((feature, i) => [feature, values[0]![i]!])),
    };
  });

/** As of a position: the fold of its partition up to it, at the newest event time there. */
const cutAt = async (
  ports: PlatformPorts,
  { stream, key, partitions }: ServiceRevision['compiled']['trigger'],
  entity: Answer['entity'],
  when: string,
): Promise<{ time: number; upTo?: ReadonlyMap<number, number> }> => {
  const position = tryParsePosition(when);
  if (!position)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `--as-of ${when} is neither a time such as 2018-05-06T00:00:00Z nor a position such as 2-18273`,
    );
  const own = entity[key] === undefined ? undefined : partitionOf(Buffer.from(entity[key]), partitions);
  if (own !== undefined && own !== position.partition)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${key} ${entity[key]} stands on partition ${own}, not ${position.partition}; name a position there, or a time`,
    );
  const time = await latestEventTime(ports, TOPICS.observations(stream), position);
  return { time, upTo: new Map([[position.partition, position.offset + 1]]) };
};

const describeValues = ({ service, entity, event_timestamp, values }: Answer): string =>
  [
    `${service} of ${named(entity)} at ${event_timestamp}`,
    table(
      ['feature', 'value'],
      Object.entries(values).map(([name, value]) => [name, shortNumber(value)]),
    ),
  ].join('\n');

interface HistoricalOptions extends GlobalOptions {
  readonly rows: string;
  readonly out: string;
  readonly features?: string;
}

const addHistorical = (features: Command): void => {
  withPlace(
    features
      .command('historical')
      .argument('<service>')
      .description('a file of entities and times, with the values that were known at each'),
  )
    .requiredOption(
      '--rows <file>',
      'CSV, Parquet or NDJSON with the entity fields and event_timestamp; other columns are kept',
    )
    .requiredOption('--out <file>', 'CSV, Parquet or NDJSON, by its ending')
    .option('--features <names>', 'only these, separated by commas')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead features historical fraud --rows wanted.csv --out known.parquet\n  ./playhead features historical fraud --rows wanted.ndjson --out known.ndjson --features tx_count_1d,amount_mean_7d',
    )
    .action((name: string, options: HistoricalOptions) =>
      withPorts(options, async (ports) => {
        const { compiled, revision } = await revisionOf(ports, name);
        const input = await readEntityRows(options.rows, entityFieldsOf(compiled));
        const rows = parseEntityRows(input, compiled);
        progress(`${rows.length} rows; folding ${name} revision ${revision}`);
        const started = Date.now();
        const found = await historicalFeatures({
          ...ports,
          service: compiled,
          rows,
          ...(options.features !== undefined && { features: options.features.split(',') }),
          progress,
        });
        await writeFeatureRows(options.out, input, found);
        const seconds = (Date.now() - started) / 1_000;
        const summary = {
          service: name,
          revision,
          rows: rows.length,
          read: found.read,
          folded: found.folded,
        };
        if (options.json) printJson({ ...summary, features: found.features, out: options.out, seconds });
        else
          console.log(
            `${rows.length} rows with ${found.features.length} features in ${options.out} after ${seconds} s`,
          );
      }),
    );
};
