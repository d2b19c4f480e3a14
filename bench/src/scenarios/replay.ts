import { availableParallelism } from 'node:os';
import { createVerifyJob, openReplayPorts, runVerifyJob, type FinishedReplay } from '#replay';
import { NondeterminismDetected } from '#kernel';
import { SERVICES } from '../../../cli/src/platform/platform-state';
import { median } from '../report/statistics';
import type { Findings, Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { measureStretch } from '../stage/stretch';

/** A stretch through all six services, and then the same stretch verified: both rates, and their ratio. */
export const replay = async (bench: Workbench): Promise<Findings> => {
  const { rows, repeats, say } = bench;
  const stage = await bench.stage(rows * repeats);
  const runs: { live: number; verified: number; finished: FinishedReplay }[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const from = await stage.log.ends(stage.topic(ROAD.observations));
    await stage.preload(rows);
    await stage.startServices(SERVICES.filter((name) => name !== 'ingestion'));
    const stretch = await measureStretch(stage, {
      first: ROAD.observations,
      last: ROAD.predictions,
      count: rows,
      start: () => stage.startServices(['ingestion']),
      say,
    });
    await stage.stopServices();
    const offsets = new Map(from.map(({ partition, end }) => [partition, end]));
    const finished = await verify(stage, offsets);
    if (!finished.findings.ok)
      throw new NondeterminismDetected(
        'PLAYHEAD_LOG_REWRITTEN',
        `${finished.findings.diverged} records are not as recorded: ${JSON.stringify(finished.findings.firstDifference)}`,
      );
    runs.push({ live: stretch.rate.eventsPerSecond, verified: rows / finished.seconds, finished });
  }
  const [live, verified] = [median(runs.map((run) => run.live)), median(runs.map((run) => run.verified))];
  return {
    figures: {
      live_events_per_second: live,
      verified_events_per_second: verified,
      ratio_to_live: verified / live,
    },
    tables: [
      {
        title: `replay: ${rows} events live, then verified with ${availableParallelism()} processes`,
        columns: [
          'run',
          'live events/s',
          'verified events/s',
          'ratio',
          'records compared',
          'bit exact',
          'seconds',
        ],
        rows: runs.map((run, index) => [
          index + 1,
          Math.round(run.live),
          Math.round(run.verified),
          run.verified / run.live,
          run.finished.findings.records,
          run.finished.findings.bitExact,
          run.finished.seconds,
        ]),
      },
    ],
  };
};

/** As the command does it, processes, checkpoints and report included. */
const verify = async (stage: Stage, offsets: ReadonlyMap<number, number>): Promise<FinishedReplay> => {
  const { kafka, s3 } = stage.endpoints;
  const place = {
    namespace: stage.namespace,
    brokers: kafka.brokers,
    store: s3.kind === 'file' ? { directory: s3.directory } : { s3 },
  };
  const ports = openReplayPorts(place, () => undefined);
  try {
    const { job, folder } = await createVerifyJob(
      ports,
      stage.dataDir,
      { deployment: 'fraud', from: { offsets } },
      { tolerance: 0, snapshots: true, checkpointMs: 10_000 },
      availableParallelism(),
    );
    const finished = await runVerifyJob(ports, job, folder, {
      place,
      signal: new AbortController().signal,
      onRecords: () => undefined,
    });
    return finished!;
  } finally {
    await ports.close();
  }
};
