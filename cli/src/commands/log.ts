import type { Command } from 'commander';
import { TOPICS, qualify, unqualify } from '#contracts';
import { Refused, parseDuration } from '#kernel';
import {
  cutPartition,
  isSealedTopic,
  repairSegment,
  restoreInbox,
  restoreTopic,
  sealPartition,
  sealedTopics,
  verifyPartition,
  verifySegment,
  type Cut,
  type LogFault,
  type PartitionReport,
  type SealedRange,
} from '#segments';
import { atLeastOne, wholeNumber } from '../arguments';
import { contextOf, meter, partitionsOf, withPorts, withStackAlone, type LogPorts } from '../log/log-ports';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { plural, printable, shortDigest, table } from '../view/text';

const TOPIC = 'a topic below the namespace, or a stream (its observations)';
const MIB = 1_048_576;
/** As services make them. */
const DERIVED = { 'max.message.bytes': '2200000' };

export const addLog = (program: Command): void => {
  const log = program
    .command('log')
    .description('the log and its sealed segments: verify, seal, cut what is sealed, restore, list');
  log.addHelpText(
    'after',
    '\nExample:\n  ./playhead log verify\n  ./playhead log seal\n  ./playhead log cut ingestion.observations.transactions --keep 7d',
  );
  addVerify(log);
  addSeal(log);
  addCut(log);
  addRestore(log);
  addSegments(log);
};

const addVerify = (log: Command): void => {
  withPlace(
    log
      .command('verify')
      .argument('[topic]', TOPIC)
      .description(
        'walk segments and broker: digests, Merkle roots, checksums, offsets without a hole, and each record that is in both; exit 1 where something is wrong',
      ),
  )
    .addHelpText('after', '\nExample:\n  ./playhead log verify\n  ./playhead log verify transactions --json')
    .action(async (name: string | undefined, options: GlobalOptions) => {
      await withPorts(options, async (ports) => {
        const context = contextOf(ports);
        const bar = meter('verified');
        const reports: PartitionReport[] = [];
        try {
          for (const at of await partitionsOf(ports, name, 'any'))
            reports.push(await verifyPartition(context, at, (records) => bar.add(records)));
        } finally {
          bar.end();
        }
        const faults = reports.flatMap((report) => report.faults);
        if (faults.length > 0) process.exitCode = 1;
        const sum = (of: (report: PartitionReport) => number): number =>
          reports.reduce((total, report) => total + of(report), 0);
        const totals = {
          partitions: reports.length,
          segments: sum(({ segments }) => segments),
          sealedRecords: sum(({ sealedRecords }) => sealedRecords),
          liveRecords: sum(({ liveRecords }) => liveRecords),
          compared: sum(({ compared }) => compared),
        };
        if (options.json) return printJson({ ok: faults.length === 0, ...totals, faults, reports });
        for (const fault of faults) console.log(faultLine(fault));
        console.log(
          `${plural(totals.partitions, 'partition')}, ${plural(totals.segments, 'segment')}: ${totals.sealedRecords} records sealed, ${totals.liveRecords} on the broker, ${totals.compared} compared; ${faults.length === 0 ? 'nothing is wrong' : plural(faults.length, 'fault')}`,
        );
      });
    });
};

const faultLine = ({ kind, topic, partition, offset, segment, message }: LogFault): string =>
  printable(
    `${kind.toUpperCase()} ${topic}:${partition} offset ${offset}${segment ? ` segment ${shortDigest(segment)}` : ''}: ${message}`,
  );

const addSeal = (log: Command): void => {
  withPlace(
    log
      .command('seal')
      .argument('[topic]', `${TOPIC}; all but inboxes by default`)
      .description(
        'seal all that stands there now, the last segment of each partition shorter than the others',
      ),
  )
    .option('--whole', 'only segments that are full, as services do by themselves', false)
    .option('--records <n>', 'records of a segment', atLeastOne, 100_000)
    .option(
      '--repair',
      'put spoilt segments right whose range the broker still holds, and seal nothing new',
      false,
    )
    .addHelpText('after', '\nExample:\n  ./playhead log seal\n  ./playhead log seal registry.models')
    .action(async (name: string | undefined, options: SealOptions) => {
      if (options.repair) return withPorts(options, (ports) => repair(ports, name, options.json));
      await withPorts(options, async (ports) => {
        const context = contextOf(ports, options.records);
        const bar = meter('sealed');
        const sealed: SealedRange[] = [];
        try {
          const owners = new Set<string>();
          for (const at of await partitionsOf(ports, name)) {
            const owner = unqualify(ports.namespace, at.topic).split('.')[0]!;
            if (!isSealedTopic(unqualify(ports.namespace, at.topic)))
              throw new Refused(
                'PLAYHEAD_REQUEST_INVALID',
                `${at.topic} is not sealed: an inbox is transport, snapshots are a cache, and announcements are found by their labels`,
              );
            if (!owners.has(owner))
              await ports.log.ensureTopics([
                { name: qualify(ports.namespace, TOPICS.segments(owner)), partitions: 1, config: DERIVED },
              ]);
            owners.add(owner);
            for await (const range of sealPartition(context, at, {
              upTo: options.whole ? 'whole' : 'end',
            })) {
              bar.add(range.count);
              sealed.push(range);
            }
          }
        } finally {
          bar.end();
        }
        if (options.json) return printJson({ segments: sealed });
        if (sealed.length > 0) console.log(segmentTable(sealed));
        console.log(`${plural(sealed.length, 'segment')} sealed`);
      });
    });
};

interface SealOptions extends GlobalOptions {
  readonly whole: boolean;
  readonly records: number;
  readonly repair: boolean;
}

const repair = async (ports: LogPorts, name: string | undefined, json: boolean): Promise<void> => {
  const context = contextOf(ports);
  const repaired: SealedRange[] = [];
  const spoilt: SealedRange[] = [];
  for (const at of await partitionsOf(ports, name)) {
    await context.catalog.refresh(at.topic);
    const ends = (await ports.log.ends(at.topic))[at.partition]!;
    for (const range of context.catalog.of(at)) {
      const faults = await verifySegment(context, at, ends, range);
      if (!faults.some(({ kind }) => kind === 'segment')) continue;
      ((await repairSegment(context, at, range)) ? repaired : spoilt).push(range);
    }
  }
  if (spoilt.length > 0) process.exitCode = 1;
  if (json) return printJson({ repaired, spoilt });
  if (spoilt.length > 0)
    console.log(
      `${segmentTable(spoilt)}\nare spoilt, and the broker does not hold what they held: put the objects back from a copy of the store`,
    );
  console.log(`${plural(repaired.length, 'segment')} put right`);
};

const addCut = (log: Command): void => {
  withPlace(
    log
      .command('cut')
      .argument('[topic]', TOPIC)
      .description(
        "cut the broker's log behind what is sealed, once it is read back and compared; the last record always stays",
      ),
  )
    .option('--all', 'of every topic that is sealed', false)
    .option('--keep <duration>', 'keep what was appended since so long ago, for example 7d')
    .option('--keep-mib <n>', 'keep so many of the newest sealed MiB of each partition', wholeNumber)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead log cut ingestion.observations.transactions\n  ./playhead log cut --all --keep 7d',
    )
    .action(
      async (
        name: string | undefined,
        options: GlobalOptions & { all: boolean; keep?: string; keepMib?: number },
      ) => {
        if ((name === undefined) === !options.all)
          throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say which: a topic, or --all');
        const { keep, keepMib } = options;
        const policy = {
          ...(keep !== undefined && { ms: parseDuration(keep) }),
          ...(keepMib !== undefined && { bytes: keepMib * MIB }),
        };
        await withPorts(options, async (ports) => {
          const context = contextOf(ports);
          const cuts: Cut[] = [];
          for (const at of await partitionsOf(ports, name)) {
            const cut = await cutPartition(context, at, policy);
            if (!cut) continue;
            cuts.push(cut);
            progress(`${cut.topic}:${cut.partition} begins at ${cut.to} on the broker`);
          }
          if (options.json) return printJson({ cuts });
          const records = cuts.reduce((sum, { from, to }) => sum + to - from, 0);
          console.log(
            cuts.length === 0
              ? 'nothing to cut: what is sealed is cut already, or is what was to be kept; `./playhead log seal` seals more'
              : `${records} offsets of ${plural(cuts.length, 'partition')} are cut; they are read from segments`,
          );
        });
      },
    );
};

const addRestore = (log: Command): void => {
  withPlace(
    log
      .command('restore')
      .argument('[topic]', 'a topic below the namespace; all that were sealed by default')
      .description(
        'bring topics back to a broker that lost them, from their segments: offsets, append times and bytes as they were',
      ),
  )
    .option('--namespace <name>', 'prefix of topics and keys', process.env.PLAYHEAD_NAMESPACE ?? 'playhead')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead down\n  ./playhead log restore\n  ./playhead up\nThe services must not run; the broker and the store are started for it.',
    )
    .action(async (name: string | undefined, options: GlobalOptions) => {
      await withStackAlone(options, async (ports) => {
        const { log: broker, artifacts, namespace } = ports;
        const known = await sealedTopics(artifacts);
        const wanted = known.filter(
          ({ topic }) => name === undefined || topic === unqualify(namespace, name),
        );
        if (wanted.length === 0)
          throw new Refused(
            'PLAYHEAD_NOT_FOUND',
            name === undefined
              ? `nothing of ${namespace} is sealed in this store`
              : `${name} was never sealed; sealed are ${known.map(({ topic }) => topic).join(', ') || 'none'}`,
          );
        const bar = meter('restored');
        const reports: PartitionReport[] = [];
        try {
          for (const topic of wanted) {
            const context = { log: broker, artifacts, namespace, now: () => Date.now(), config: DERIVED };
            reports.push(...(await restoreTopic(context, topic, (records) => bar.add(records))));
            progress(`${topic.topic} is back`);
          }
          if (name === undefined) for (const { topic } of wanted) await restoreInboxOf(ports, topic);
        } finally {
          bar.end();
        }
        const faults = reports.flatMap((report) => report.faults);
        if (faults.length > 0) process.exitCode = 1;
        const records = reports.reduce((sum, { compared }) => sum + compared, 0);
        if (options.json)
          return printJson({
            ok: faults.length === 0,
            topics: wanted.map(({ topic }) => topic),
            records,
            faults,
          });
        for (const fault of faults) console.log(faultLine(fault));
        console.log(
          `${plural(wanted.length, 'topic')} restored, ${records} records compared with their segments; start the services with \`./playhead up\``,
        );
      });
    });
};

/** Observations cannot go on without the inbox that they come from. */
const restoreInboxOf = async (ports: Parameters<typeof restoreInbox>[0], topic: string): Promise<void> => {
  const stream = topic.startsWith(TOPICS.observations('')) ? topic.slice(TOPICS.observations('').length) : '';
  if (stream === '') return;
  const inbox = TOPICS.inbox(stream);
  // As the fold of ingestion that reads it is called.
  const group = qualify(ports.namespace, `ingestion.inbox.${inbox}`);
  const offsets = await restoreInbox(ports, stream, group, { 'compression.type': 'uncompressed' });
  if (offsets.length > 0) progress(`${inbox} is empty and goes on at ${offsets.join(', ')}`);
};

const addSegments = (log: Command): void => {
  withPlace(
    log
      .command('segments')
      .argument('[topic]', `${TOPIC}; all by default`)
      .description('what is sealed: range, records, bytes, manifest'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead log segments\n  ./playhead log segments transactions --json',
    )
    .action(async (name: string | undefined, options: GlobalOptions) => {
      await withPorts(options, async (ports) => {
        const { catalog } = contextOf(ports);
        const segments: SealedRange[] = [];
        for (const at of await partitionsOf(ports, name)) {
          if (at.partition === 0) await catalog.refresh(at.topic);
          segments.push(...catalog.of(at));
        }
        if (options.json) return printJson({ segments });
        console.log(segments.length > 0 ? segmentTable(segments) : 'nothing is sealed yet');
      });
    });
};

const segmentTable = (segments: readonly SealedRange[]): string =>
  table(
    ['topic', 'partition', 'first', 'last', 'records', 'bytes', 'of', 'manifest'],
    segments.map(({ topic, partition, first, last, count, bytes, inflatedBytes, manifest }) => [
      topic,
      partition,
      first,
      last,
      count,
      bytes,
      inflatedBytes,
      shortDigest(manifest),
    ]),
  );
