import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Occurrence } from '../../../cli/src/demo/fraud-simulator';
import { readPayments, simulatedFraud, type LabelledPayment } from '../../../cli/src/demo/fraud-source';

/** The project, from `dist/bench/src/stage`: a relative PLAYHEAD_DATA is relative to it, as in the tests. */
const ROOT = resolve(__dirname, '..', '..', '..', '..');
const FILE = ['fraud', 'transactions-2018-04-to-06.csv.gz'] as const;
/** About as many as the real stream has. */
const SIMULATED = 800_000;

/** Labelled payments in event-time order, each given once. */
export class PaymentStream {
  private ahead: LabelledPayment[] = [];

  private constructor(
    /** Where they come from. */
    readonly origin: string,
    private readonly source: AsyncIterator<LabelledPayment> | Iterator<LabelledPayment>,
  ) {}

  /** The real stream; where it is absent, the simulated one, and it is said loudly. */
  static open(env: NodeJS.ProcessEnv, say: (line: string) => void): PaymentStream {
    const file = join(resolve(ROOT, env.PLAYHEAD_DATA ?? '../shared/data'), ...FILE);
    if (existsSync(file)) return new PaymentStream(FILE.join('/'), readPayments(file));
    say(`!! the real stream is absent (PLAYHEAD_DATA: ${file}); SIMULATED payments are measured instead`);
    return new PaymentStream('simulated', simulated());
  }

  /** Whether so many are left. */
  async has(count: number): Promise<boolean> {
    while (this.ahead.length < count) {
      const next = await this.source.next();
      if (next.done) return false;
      this.ahead.push(next.value);
    }
    return true;
  }

  /** The next ones; fewer only at the end of the stream. */
  async take(count: number): Promise<LabelledPayment[]> {
    await this.has(count);
    const taken = this.ahead.slice(0, count);
    this.ahead = this.ahead.slice(count);
    return taken;
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }
}

function* simulated(): Generator<LabelledPayment> {
  const occurrences = [...(simulatedFraud(SIMULATED).occurrences() as Iterable<Occurrence>)];
  const fraud = new Set<string>();
  for (const { stream, event } of occurrences)
    if (stream === 'fraud-labels' && event.is_fraud) fraud.add(event.transaction_id);
  for (const { stream, event, time } of occurrences)
    if (stream === 'transactions') yield { payment: event, time, isFraud: fraud.has(event.transaction_id) };
}
