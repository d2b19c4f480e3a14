import {
  HEADERS,
  RequestAnswered,
  TOPICS,
  decodeEvent,
  qualify,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import { readRange, type LogRecord } from '#eventlog';
import { ModelShelf, decide } from '#folds';
import { ContractViolation, formatPosition, messageOf } from '#kernel';
import { HoleGuard } from '../walk/holes';
import { followDeployments, isBroken, type ReplayPorts, type Road } from './hops';
import { Tally, type Difference, type Verdict } from './tally';
import type { PartitionOutcome, PartitionPlan, VerifyOptions } from './verify-partition';

/** Logged requests of the doors: each holds all that it takes to answer it again, so no state is brought back. */
export const REQUESTS_HOP = 'requests';

type Answered = EventOf<typeof RequestAnswered>;

interface Logged {
  readonly record: LogRecord;
  readonly request: Answered;
  /** Digest of the model file that answered. */
  readonly artifact: string;
}

/** Where an answer parts from what is answered now. */
interface Parting {
  readonly field: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
  readonly verdict: Verdict;
}

/**
 * Scores the logged requests of one partition again with the model file that each one names, and compares the answers bit for bit,
 * and decisions with the threshold of then.
 */
export const verifyRequests = async (
  ports: ReplayPorts,
  road: Road,
  plan: PartitionPlan,
  options: Pick<VerifyOptions, 'tolerance' | 'resume' | 'onRound' | 'roundRecords'>,
): Promise<PartitionOutcome> => {
  const { log, namespace, artifacts } = ports;
  const topic = qualify(namespace, TOPICS.servingRequests(road.deployment));
  const { partition, to } = plan;
  const from = options.resume?.next ?? plan.from;
  const tally = options.resume ? Tally.from(options.resume.tally) : new Tally();
  const outcome = (finished: boolean): PartitionOutcome => ({ tally: tally.toJSON(), finished });
  if (from >= to) return outcome(true);

  const control = followDeployments(ports);
  const shelf = new ModelShelf({ artifacts });
  const judge = new RequestJudge(road, tally, shelf, options.tolerance);
  const guard = new HoleGuard({ topic, partition }, from);
  try {
    await control.start();
    for await (const chunk of readRange(log, topic, partition, from, to)) {
      guard.pass(chunk);
      if (chunk.kind === 'unreadable')
        tally.damaged.add(
          `${topic}:${partition} offsets ${chunk.firstOffset} to ${chunk.lastOffset} cannot be read: ${chunk.reason}`,
        );
      const records = chunk.kind === 'records' ? chunk.records : [];
      const most = options.roundRecords ?? ROUND;
      for (let at = 0; at < Math.max(1, records.length); at += most) {
        const round = records.slice(at, at + most);
        const isLast = at + most >= records.length;
        await judge.round(round, (position) => control.at(position).get(road.deployment));
        const next = isLast ? Math.min(chunk.nextOffset, to) : records[at + most]!.offset;
        const go = await options.onRound?.(round.length, () =>
          Promise.resolve({ next, seen: [], parts: [], tally: tally.toJSON() }),
        );
        if (go === false) return outcome(false);
      }
    }
    guard.finish(to);
    return outcome(true);
  } finally {
    await control.stop();
    await shelf.close();
  }
};

const ROUND = 1_000;

class RequestJudge {
  constructor(
    private readonly road: Road,
    private readonly tally: Tally,
    private readonly shelf: ModelShelf,
    private readonly tolerance: number,
  ) {}

  async round(
    records: readonly LogRecord[],
    deploymentAt: (position: number) => DeploymentFact | undefined,
  ): Promise<void> {
    for (const record of records) {
      const logged = this.read(record);
      if (!logged) continue;
      this.tally.note('folded');
      const parting = await this.answerAgain(logged, deploymentAt);
      if (!parting) this.tally.judge(record.offset, 'bit_exact');
      else this.say(logged, parting);
    }
  }

  private read(record: LogRecord): Logged | undefined {
    try {
      const request = decodeEvent(RequestAnswered, record.value);
      const artifact = /=([^=]+)$/.exec(record.headers.text(HEADERS.model) ?? '')?.[1];
      if (artifact === undefined)
        throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the record names no model file');
      return { record, request, artifact };
    } catch (error) {
      this.tally.damaged.add(
        `${record.topic}:${record.partition}-${record.offset} is no answered request: ${messageOf(error)}`,
      );
      return undefined;
    }
  }

  private async answerAgain(
    { record, request, artifact }: Logged,
    deploymentAt: (position: number) => DeploymentFact | undefined,
  ): Promise<Parting | undefined> {
    const { rows, features, output } = request;
    const width = features.length / rows;
    const matrix = Float32Array.from(features, (value) => value ?? Number.NaN);
    let values: Float32Array;
    try {
      const model = await this.shelf.get({ artifact, features: Array<string>(width).fill('') });
      values = await model.score(matrix);
    } catch (error) {
      if (!isBroken(error)) throw error;
      const reason = `model ${request.model}@${request.version}, artifact ${artifact}: ${error.message}`;
      this.tally.damaged.add(reason);
      return { field: 'output', recorded: null, replayed: null, verdict: 'unverified' };
    }
    const outputs = values.length / rows;
    if (values.length !== output.length)
      return {
        field: 'output.length',
        recorded: output.length,
        replayed: values.length,
        verdict: 'diverged',
      };
    let worst: Parting | undefined;
    for (let i = 0; i < values.length; i++) {
      const [recorded, replayed] = [output[i]!, Number.isFinite(values[i]) ? values[i]! + 0 : null];
      if (Object.is(recorded, replayed)) continue;
      const near =
        recorded !== null &&
        replayed !== null &&
        Math.abs(recorded - replayed) <= this.tolerance * Math.max(1, Math.abs(recorded), Math.abs(replayed));
      if (worst && near) continue;
      worst = { field: `output.${i}`, recorded, replayed, verdict: near ? 'within_tolerance' : 'diverged' };
      if (!near) return worst;
    }
    const control = record.headers.text(HEADERS.control);
    const deployment = control === undefined ? undefined : deploymentAt(Number(control));
    for (let row = 0; deployment && request.decision && row < rows; row++) {
      const [recorded, replayed] = [
        request.decision[row] ?? null,
        decide(deployment, { values, width: outputs }, row) ?? null,
      ];
      if (recorded !== replayed) return { field: `decision.${row}`, recorded, replayed, verdict: 'diverged' };
    }
    return worst;
  }

  private say({ record, request }: Logged, { field, recorded, replayed, verdict }: Parting): void {
    this.tally.judge(record.offset, verdict, (): Difference => ({
      hop: REQUESTS_HOP,
      verdict,
      topic: TOPICS.servingRequests(this.road.deployment),
      partition: record.partition,
      offset: record.offset,
      source: formatPosition(record.partition, record.offset),
      event: request.event_id,
      entity: request.entity ?? null,
      field,
      recorded,
      replayed,
      reason:
        verdict === 'unverified'
          ? 'its model cannot be loaded'
          : verdict === 'within_tolerance'
            ? `within the tolerance of ${this.tolerance}`
            : `${field} differs`,
    }));
  }
}
