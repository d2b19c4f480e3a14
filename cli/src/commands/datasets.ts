import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { queryParquet } from '#parquet';
import { readManifest, rebuildDataset, type DatasetManifest, type RebuiltDataset } from '#replay';
import { atLeastOne } from '../arguments';
import { announcedDatasets, findDataset, type AnnouncedDataset } from '../datasets/announced';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { withPlatformPorts, type PlatformPorts } from '../platform/platform-ports';
import { shortDigest, table } from '../view/text';

const ID = 'the run of a data set, or the first digits of its digest';

export const addDatasets = (program: Command): void => {
  const datasets = program
    .command('datasets')
    .description('data sets: list, show, download, ask by SQL, and build again from what the log says');
  datasets.addHelpText(
    'after',
    '\nExample:\n  ./playhead datasets list\n  ./playhead datasets show run-0-12\n  ./playhead datasets rebuild run-0-12 --from observations',
  );
  addList(datasets);
  addShow(datasets);
  addDownload(datasets);
  addSql(datasets);
  addRebuild(datasets);
};

const withPorts = <T>({ dataDir }: GlobalOptions, work: (ports: PlatformPorts) => Promise<T>): Promise<T> =>
  withPlatformPorts({ dataDir, client: 'datasets' }, work);

const announced = async ({ log, namespace }: PlatformPorts, id: string): Promise<AnnouncedDataset> =>
  findDataset(await announcedDatasets(log, namespace), id);

const addList = (datasets: Command): void => {
  withPlace(datasets.command('list').description('data sets that were built, newest first'))
    .option('--model <name>', 'only of this model')
    .addHelpText('after', '\nExample:\n  ./playhead datasets list --model fraud')
    .action(async (options: GlobalOptions & { readonly model?: string }) => {
      const { model } = options;
      const all = await withPorts(options, ({ log, namespace }) => announcedDatasets(log, namespace));
      const found = all.filter((each) => model === undefined || each.model === model).reverse();
      if (options.json) printJson({ datasets: found });
      else if (found.length > 0) console.log(datasetTable(found));
      else console.log('no data sets; `./playhead train MODEL` builds one');
    });
};

const addShow = (datasets: Command): void => {
  withPlace(
    datasets
      .command('show')
      .argument('<id>', ID)
      .description('what a data set was made of: rows, cut, split, source, files'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead datasets show run-0-12\n  ./playhead datasets show 3f9a1c02 --json',
    )
    .action((id: string, options: GlobalOptions) =>
      withPorts(options, async (ports) => {
        const dataset = await announced(ports, id);
        const manifest = await readManifest(ports.artifacts, dataset.manifest);
        if (options.json) printJson({ ...dataset, manifest: { artifact: dataset.manifest, ...manifest } });
        else console.log(describeDataset(dataset, manifest));
      }),
    );
};

const addDownload = (datasets: Command): void => {
  withPlace(
    datasets
      .command('download')
      .argument('<id>', ID)
      .description('both Parquet files and the manifest, each checked against its digest'),
  )
    .option('--out <dir>', 'folder for the files; one named after the data set by default')
    .addHelpText('after', '\nExample:\n  ./playhead datasets download run-0-12 --out fraud-data')
    .action((id: string, options: GlobalOptions & { readonly out?: string }) =>
      withPorts(options, async (ports) => {
        const dataset = await announced(ports, id);
        const folder = resolve(options.out ?? dataset.run);
        await mkdir(folder, { recursive: true });
        const files = {
          train: join(folder, 'train.parquet'),
          holdout: join(folder, 'holdout.parquet'),
          manifest: join(folder, 'manifest.json'),
        };
        await writeFile(files.manifest, await ports.artifacts.get(dataset.manifest));
        for (const side of ['train', 'holdout'] as const)
          await ports.artifacts.getToFile(dataset[side].artifact, files[side]);
        if (options.json) printJson({ run: dataset.run, digest: dataset.digest, files });
        else console.log(`${files.train}\n${files.holdout}\n${files.manifest}`);
      }),
    );
};

const addSql = (datasets: Command): void => {
  withPlace(
    datasets
      .command('sql')
      .argument('<query>', 'one SELECT, as DuckDB knows it; the tables are `train` and `holdout`')
      .description('ask a data set by SQL; nothing but its two files can be read'),
  )
    .requiredOption('--dataset <id>', ID)
    .option('--limit <n>', 'rows at most', atLeastOne, 1_000)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead datasets sql "select label, count(*), avg(amount) from train group by label" --dataset run-0-12\n  ./playhead datasets sql "describe train" --dataset run-0-12',
    )
    .action((query: string, options: GlobalOptions & { readonly dataset: string; readonly limit: number }) =>
      withPorts(options, async (ports) => {
        const dataset = await announced(ports, options.dataset);
        const folder = await mkdtemp(join(tmpdir(), 'playhead-sql-'));
        try {
          const files = { train: join(folder, 'train.parquet'), holdout: join(folder, 'holdout.parquet') };
          for (const side of ['train', 'holdout'] as const)
            await ports.artifacts.getToFile(dataset[side].artifact, files[side]);
          const answer = await queryParquet(query, files, { limit: options.limit });
          if (options.json) return printJson({ run: dataset.run, ...answer });
          console.log(
            table(
              answer.columns.map(({ name }) => name),
              answer.rows.map((row) => [...row]),
            ),
          );
          if (answer.truncated) progress(`only the first ${options.limit} rows; --limit gives more`);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
    );
};

const addRebuild = (datasets: Command): void => {
  withPlace(
    datasets
      .command('rebuild')
      .argument('<id>', ID)
      .description(
        'build a data set again from its manifest, and compare rows and files with what was announced',
      ),
  )
    .addOption(
      new Option(
        '--from <source>',
        'the logged vectors, or the observations folded again; as it was built by default',
      ).choices(['vectors', 'observations']),
    )
    .option('--out <dir>', 'keep the rebuilt files in this folder')
    .option('--repair', 'store the rebuilt files where the stored ones are damaged or missing', false)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead datasets rebuild run-0-12\n  ./playhead datasets rebuild 3f9a1c02 --from observations --json\nExit code 1 where the result is another, with the cause.',
    )
    .action((id: string, options: RebuildOptions) =>
      withPorts(options, async (ports) => {
        const { run, manifest, source } = await announced(ports, id);
        const into = options.out ? resolve(options.out) : await mkdtemp(join(tmpdir(), 'playhead-rebuild-'));
        await mkdir(into, { recursive: true });
        const started = Date.now();
        try {
          const rebuilt = await rebuildDataset({
            ...ports,
            manifest,
            source: options.from ?? source,
            into,
            progress,
          });
          const repaired = options.repair ? await repair(ports, rebuilt) : [];
          const seconds = (Date.now() - started) / 1_000;
          const spoilt = [rebuilt.train, rebuilt.holdout].filter(({ stored }) => stored !== 'intact').length;
          if (!rebuilt.identical || spoilt > repaired.length) process.exitCode = 1;
          if (options.json) printJson({ run, ...documentOf(rebuilt), repaired, seconds });
          else console.log(describeRebuilt(run, rebuilt, repaired));
        } finally {
          if (!options.out) await rm(into, { recursive: true, force: true });
        }
      }),
    );
};

interface RebuildOptions extends GlobalOptions {
  readonly from?: 'vectors' | 'observations';
  readonly out?: string;
  readonly repair: boolean;
}

/** Puts a rebuilt file under the announced digest; one with other bytes would get another digest and is left alone. */
const repair = async (
  { artifacts }: PlatformPorts,
  { train, holdout }: RebuiltDataset,
): Promise<string[]> => {
  const spoilt = [train, holdout].filter(
    ({ stored, expected, rebuilt }) => stored !== 'intact' && expected === rebuilt,
  );
  return Promise.all(
    spoilt.map(({ path }) => artifacts.putFile(path, { contentType: 'application/vnd.apache.parquet' })),
  );
};

const documentOf = ({
  source,
  expected,
  rebuilt,
  identical,
  train,
  holdout,
  cause,
  firstDifference,
}: RebuiltDataset) => {
  const file = ({ rows, expected, rebuilt, stored }: RebuiltDataset['train']) => ({
    rows,
    expected,
    rebuilt,
    stored,
  });
  return {
    source,
    expected,
    rebuilt,
    identical,
    train: file(train),
    holdout: file(holdout),
    ...(cause === undefined ? {} : { cause }),
    ...(firstDifference === undefined ? {} : { firstDifference }),
  };
};

const describeRebuilt = (run: string, rebuilt: RebuiltDataset, repaired: readonly string[]): string =>
  [
    `${run} from ${rebuilt.source}: ${rebuilt.identical ? 'identical' : 'NOT identical'}`,
    `  rows     ${rebuilt.expected}${rebuilt.rebuilt === rebuilt.expected ? '' : ` -> ${rebuilt.rebuilt}`}`,
    ...(['train', 'holdout'] as const).map((side) => {
      const { rows, expected, rebuilt: now, stored } = rebuilt[side];
      const change = now === expected ? '' : ` -> ${now}`;
      return `  ${side.padEnd(8)} ${expected}${change}, ${rows} rows${stored === 'intact' ? '' : `, the stored file is ${stored.toUpperCase()}`}`;
    }),
    ...(rebuilt.cause === undefined ? [] : [`  ${rebuilt.cause}`]),
    ...repaired.map((digest) => `  stored anew: ${digest}`),
  ].join('\n');

const datasetTable = (datasets: readonly AnnouncedDataset[]): string =>
  table(
    ['run', 'model', 'service', 'train', 'holdout', 'unlabelled', 'immature', 'source', 'digest', 'at'],
    datasets.map((each) => [
      each.run,
      each.model,
      `${each.service} revision ${each.revision}`,
      each.train.rows,
      each.holdout.rows,
      each.unlabelled,
      each.immature,
      each.source,
      shortDigest(each.digest),
      each.at,
    ]),
  );

const describeDataset = (dataset: AnnouncedDataset, manifest: DatasetManifest): string => {
  const { train, holdout, features } = dataset;
  const { counts, split, label, service } = manifest;
  const rows = (part: AnnouncedDataset['train']): string =>
    `${part.rows} rows${part.positives === null ? '' : `, ${part.positives} positive`}`;
  return [
    `${dataset.run}: data set of ${dataset.model}, announced at ${dataset.at}`,
    `  rows      ${dataset.digest}`,
    `  train     ${train.artifact}, ${rows(train)}`,
    `  hold-out  ${holdout.artifact}, ${rows(holdout)}`,
    `  manifest  ${dataset.manifest}`,
    `  ${counts.vectors} vectors of ${service.name} revision ${service.revision}, from ${manifest.source}: ${features.join(', ')}`,
    `  ${counts.labels} assertions of label ${label.name}: ${counts.corrected} rows with a corrected one, ${counts.withdrawn} withdrawn, ${counts.unlabelled} rows without one, ${counts.immature} too young`,
    `  split ${JSON.stringify(split)}, ${counts.removed} rows in neither part`,
    `  known at ${manifest.cut_time}${manifest.as_of === undefined ? '' : `, asked for as of ${manifest.as_of}`}`,
    table(
      ['topic', 'partition', 'from', 'to'],
      manifest.cut.map(({ topic, partition, from, to }) => [topic, partition, from, to]),
    ),
  ].join('\n');
};
