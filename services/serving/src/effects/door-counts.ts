import { isPlatformError, type Clock } from '#kernel';
import type { CallTimes, InferAnswer, InferCall, InferenceMetrics, ServedModel } from '../inference';
import type { ServingStatus } from './serving-status';

/** What is the model's own fault; what was refused, shed or given up says nothing of it. */
const FAILURES: readonly string[] = ['PLAYHEAD_INFERENCE_FAILED', 'PLAYHEAD_DEFECT'];

/** Where a caller chose the version, or asked a model and no deployment: no route answered. */
const NO_ROUTES: readonly string[] = ['version', 'model'];

/** Counts what the doors answer with the routes that answered, beside what is answered on the stream: rollouts are judged by both. */
export class DoorCounts implements InferenceMetrics {
  constructor(
    private readonly status: Pick<ServingStatus, 'served'>,
    private readonly clock: Clock,
    private readonly next: InferenceMetrics,
  ) {}

  answered(call: InferCall, answer: InferAnswer, times: CallTimes): void {
    this.next.answered(call, answer, times);
    const { rows, width, values, served } = answer;
    const { deployment } = served;
    if (!deployment || NO_ROUTES.includes(served.route)) return;
    const threshold = width === 1 ? deployment.threshold : null;
    let [errors, positives, scored, scoreSum] = [0, 0, 0, 0];
    for (let row = 0; row < rows; row++) {
      if (!isFinite(values, row * width, width)) errors++;
      else if (width === 1) {
        const score = values[row]!;
        scored++;
        scoreSum += score;
        if (threshold !== null && score >= threshold) positives++;
      }
    }
    const decided = threshold === null ? 0 : scored;
    this.count(served, rows, times.totalMs, { errors, decided, positives, scored, scoreSum });
  }

  failed(call: InferCall, error: unknown, totalMs: number, served: ServedModel | undefined): void {
    this.next.failed(call, error, totalMs, served);
    if (!served?.deployment || NO_ROUTES.includes(served.route)) return;
    if (isPlatformError(error) && !FAILURES.includes(error.code)) return;
    const nothing = { decided: 0, positives: 0, scored: 0, scoreSum: 0 };
    this.count(served, call.rows, totalMs, { errors: call.rows, ...nothing });
  }

  private count(
    { deployment, route, version }: ServedModel,
    rows: number,
    totalMs: number,
    counts: { errors: number; decided: number; positives: number; scored: number; scoreSum: number },
  ): void {
    const began = this.clock.now() - totalMs;
    const appended = new Array<number>(rows).fill(began);
    this.status.served(deployment!.deployment, { route, version: Number(version) }, { appended, ...counts });
  }
}

const isFinite = (values: Float32Array, from: number, width: number): boolean => {
  for (let at = from; at < from + width; at++) if (!Number.isFinite(values[at]!)) return false;
  return true;
};
