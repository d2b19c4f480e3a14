/** Scenarios that look at one part of the platform. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Refused } from '#kernel';
import { benchCeiling } from '../ceiling';
import { CODEC_CLIENTS, benchCodec } from '../codec/bench-codec';
import { benchIdle } from '../idle';
import { median } from '../report/statistics';
import type { Findings, Workbench } from '../scenario';

export const ceiling = async ({ rows, repeats, say, brokers }: Workbench): Promise<Findings> => {
  const { turns, valueBytes } = await benchCeiling({ brokers: await brokers(), records: rows, repeats, say });
  const summary = (['produce', 'consume'] as const).map((direction) => {
    const own = turns.filter((turn) => turn.direction === direction);
    return {
      direction,
      kafka: median(own.map(({ kafka }) => kafka)),
      playhead: median(own.map(({ playhead }) => playhead)),
      ratio: median(own.map(({ kafka, playhead }) => playhead / kafka)),
    };
  });
  return {
    figures: Object.fromEntries(
      summary.flatMap(({ direction, kafka, playhead, ratio }) => [
        [`${direction}_kafka_records_per_second`, kafka],
        [`${direction}_playhead_records_per_second`, playhead],
        [`${direction}_ratio_to_kafka`, ratio],
      ]),
    ),
    tables: [
      {
        title: `ceiling: records/s of ${valueBytes} bytes, acks=all, medians`,
        columns: ['', "Kafka's perf tool", 'log adapter', 'ratio'],
        rows: summary.map(({ direction, kafka, playhead, ratio }) => [
          direction,
          Math.round(kafka),
          Math.round(playhead),
          ratio,
        ]),
      },
    ],
  };
};

export const codec = async ({ rows, repeats, say, brokers }: Workbench): Promise<Findings> => {
  const options = { brokers: await brokers(), namespace: 'bench', records: rows, repeats, say };
  const result = await benchCodec(options);
  return {
    figures: Object.fromEntries(
      result.rows.flatMap((row) => [
        ...CODEC_CLIENTS.flatMap((client) => [
          [`${row.direction}_${client}_records_per_second`, row[client].recordsPerSecond],
          [`${row.direction}_${client}_cpu_us_per_record`, row[client].cpuMicrosPerRecord],
        ]),
        [`${row.direction}_rate_ratio_to_kafkajs`, row.rateRatio],
        [`${row.direction}_cpu_ratio_to_kafkajs`, row.cpuRatio],
      ]),
    ),
    tables: [
      {
        title: 'codec: records with seven headers, medians',
        columns: ['', 'records/s', 'CPU us/record', 'times the rate', 'times less CPU'],
        rows: result.rows.flatMap((row) =>
          CODEC_CLIENTS.map((client) => [
            `${row.direction} ${client}`,
            Math.round(row[client].recordsPerSecond),
            row[client].cpuMicrosPerRecord,
            client === 'playhead' ? row.rateRatio : null,
            client === 'playhead' ? row.cpuRatio : null,
          ]),
        ),
      },
    ],
  };
};

export const idle = async ({ say, stage: stageWith }: Workbench): Promise<Findings> => {
  const stage = await stageWith(0);
  const connections = { brokers: stage.endpoints.kafka.brokers, namespace: stage.namespace, say };
  await stage.startServices();
  const addresses = (await stage.processes()).flatMap(({ name, metrics }) =>
    metrics === undefined ? [] : [[name, metrics.replace(/\/metrics$/, '')] as const],
  );
  const result = await benchIdle({ ...connections, services: Object.fromEntries(addresses) });
  await stage.stopServices();
  return {
    figures: {
      three_connections_cpu_percent: result.threeConnections,
      ...Object.fromEntries(
        Object.entries(result.services).map(([name, percent]) => [`${name}_cpu_percent`, percent]),
      ),
    },
    tables: [
      {
        title: `idle: processor time over ${result.seconds} s`,
        columns: ['', '% of a core'],
        rows: [['three connections', result.threeConnections], ...Object.entries(result.services)],
      },
    ],
  };
};

type FoldName = 'windows' | 'customer' | 'others' | 'tiled' | 'byHand' | 'naive';

interface FoldFigures {
  readonly events: number;
  readonly eventsPerCpuSecond: Readonly<Record<FoldName, number>>;
  readonly ratio: { readonly customerToNaive: number; readonly customerToByHand: number };
  readonly bytesPerEntity: Readonly<
    Record<FoldName | 'hotExact' | 'hotTiled', { readonly measured: number }>
  >;
  readonly snapshot: { readonly bytes: number; readonly encodeMs: number; readonly decodeMs: number };
}

/** `bench/features/fold.ts` in a process with nothing else in it. */
export const features = async (): Promise<Findings> => {
  const flags = ['--expose-gc', '--max-semi-space-size=64'];
  const program = join(__dirname, '..', '..', 'features', 'fold.js');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
  if (!stdout.startsWith('{')) throw new Refused('PLAYHEAD_REQUEST_INVALID', stdout.trim());
  const { events, eventsPerCpuSecond, ratio, bytesPerEntity, snapshot } = JSON.parse(stdout) as FoldFigures;
  const row = (title: string, fold: FoldName): (string | number)[] => [
    title,
    eventsPerCpuSecond[fold],
    bytesPerEntity[fold]?.measured ?? '',
  ];
  return {
    figures: {
      events_per_cpu_second: eventsPerCpuSecond.windows,
      customer_events_per_cpu_second: eventsPerCpuSecond.customer,
      customer_ratio_to_naive: ratio.customerToNaive,
      customer_ratio_to_by_hand: ratio.customerToByHand,
      bytes_per_entity: bytesPerEntity.windows.measured,
      snapshot_encode_ms: snapshot.encodeMs,
      snapshot_decode_ms: snapshot.decodeMs,
    },
    tables: [
      {
        title: `features: the engine alone over ${events} decoded events`,
        columns: ['', 'events a CPU s', 'bytes a customer'],
        rows: [
          row('nine windows', 'windows'),
          row('nine customer features', 'customer'),
          row('the same, written by hand for them alone', 'byHand'),
          row('the same, all events looked at again', 'naive'),
          row('ten other aggregates', 'others'),
          row('nine windows, tiled by 1h', 'tiled'),
        ],
      },
      {
        title: 'features: nine windows over 200000 events of one entity',
        columns: ['', 'bytes'],
        rows: [
          ['exact', bytesPerEntity.hotExact.measured],
          ['tiled by 1h', bytesPerEntity.hotTiled.measured],
        ],
      },
      {
        title: 'features: snapshot of the nine windows',
        columns: ['bytes', 'encode ms', 'decode ms'],
        rows: [[snapshot.bytes, snapshot.encodeMs, snapshot.decodeMs]],
      },
    ],
  };
};
