/** A small platform with something on every page: a stream with bad records, a trained model, drifted windows, alerts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '#kernel';
import { IngestDoor, NDJSON_TYPE } from '../support/ingest-door';
import { PlatformUnderTest } from '../support/platform-under-test';

const PROJECT = `
kind: Stream
name: transactions
spec:
  key: customer_id
  id: transaction_id
  time: event_time
  partitions: 2
  fields:
    transaction_id: { type: string }
    event_time: { type: timestamp }
    customer_id: { type: string }
    amount: { type: number, decimals: 2, min: 0, max: 100000, unit: EUR }
---
kind: Stream
name: fraud-labels
spec:
  key: customer_id
  id: label_id
  time: known_at
  partitions: 2
  fields: { label_id: {type: string}, known_at: {type: timestamp}, transaction_id: {type: string}, customer_id: {type: string}, is_fraud: {type: boolean} }
---
kind: FeatureView
name: customer-spend
spec:
  stream: transactions
  entity: customer_id
  features:
    - { name: amount, value: amount }
    - { name: tx_count_1h, aggregate: count, window: 1h }
---
kind: FeatureService
name: fraud
spec: { trigger: transactions, views: [customer-spend] }
---
kind: Label
name: fraud
spec: { stream: fraud-labels, on: transaction_id, value: is_fraud, maturity: 0s }
---
kind: Model
name: fraud
spec:
  task: binary
  features: fraud
  label: fraud
  split: { by: random, holdout: 0.3 }
  trainer: { kind: logistic }
  gates: [ { metric: roc_auc, min: 0.5 } ]
---
kind: Deployment
name: fraud
spec: { model: fraud, threshold: 0.5 }
---
kind: Monitor
name: fraud
spec:
  deployment: fraud
  window: 1h
  performance: { metric: roc_auc }
`;

const START = Date.parse('2026-03-01T00:00:00.000Z');
const HOUR_MS = 3_600_000;
const PER_HOUR = 400;
/** The model learns from these hours; it answers the next ones, of which the last two are other than what it learned from. */
const LEARNED_HOURS = 3;
const ANSWERED_HOURS = 5;
const DRIFT_FROM = LEARNED_HOURS + 2;

/** What an hour brings: payments, and what became known of them. The last event of an hour closes the one before. */
const hour = (index: number): { readonly payments: object[]; readonly labels: object[] } => {
  const rng = new Rng(index + 1);
  const payments: object[] = [];
  const labels: object[] = [];
  for (let n = 0; n < PER_HOUR; n++) {
    const time = new Date(START + index * HOUR_MS + Math.floor((n / PER_HOUR) * HOUR_MS)).toISOString();
    const fraud = rng.uniform() < 0.2;
    const amount =
      Math.round((5 + 95 * rng.uniform()) * (fraud ? 3 : 1) * (index >= DRIFT_FROM ? 4 : 1) * 100) / 100;
    const ids = { transaction_id: `tx-${index}-${n}`, customer_id: `C${rng.below(60)}` };
    payments.push({ ...ids, event_time: time, amount });
    labels.push({ ...ids, label_id: `l-${index}-${n}`, known_at: time, is_fraud: fraud });
  }
  return { payments, labels };
};

export class ConsolePlatform {
  private readonly platform = new PlatformUnderTest('console');
  private readonly files = mkdtempSync(join(tmpdir(), 'playhead-console-'));
  doors: Readonly<Record<string, string>> = {};

  /** Address of the console. */
  get url(): string {
    return this.doors['monitoring']!;
  }

  async start(): Promise<void> {
    await this.platform.run(['up']);
    const { services } = await this.platform.status();
    this.doors = Object.fromEntries(Object.entries(services).map(([name, { url }]) => [name, url]));
    const project = join(this.files, 'project.yaml');
    writeFileSync(project, PROJECT);
    await this.platform.run(['apply', '-f', project]);
    for (let index = 0; index < LEARNED_HOURS; index++) await this.send(index);
    await this.post('transactions', [
      { transaction_id: 'bad-1', event_time: new Date(START).toISOString(), customer_id: 'C1', amount: -5 },
      { transaction_id: 'bad-2', event_time: new Date(START).toISOString(), customer_id: 'C1' },
    ]);
    await this.line('transactions', 'this is no JSON');
    await this.until('vectors of all that the model learns from', async () => {
      const { partitions } = await this.ask<{ partitions: { vectors: number }[] }>(
        'monitoring',
        '/v1/services/fraud/freshness',
      );
      return partitions.reduce((sum, { vectors }) => sum + vectors, 0) >= LEARNED_HOURS * PER_HOUR;
    });
    await this.platform.run(['train', 'fraud', '--timeout', '3m']);
    await this.platform.run(['models', 'promote', 'fraud@1', '--as', 'ada']);
    await this.platform.run(['deploy', 'fraud', '--wait']);
    for (let index = LEARNED_HOURS; index < LEARNED_HOURS + ANSWERED_HOURS; index++) await this.send(index);
    await this.until('an alert', async () => {
      const { alerts } = await this.ask<{ alerts: object[] }>('monitoring', '/v1/alerts?state=open');
      return alerts.length > 0;
    });
  }

  async stop(): Promise<void> {
    rmSync(this.files, { recursive: true, force: true });
    await this.platform.stop();
  }

  run(args: readonly string[]): Promise<unknown> {
    return this.platform.run(args);
  }

  async ask<T>(service: string, path: string): Promise<T> {
    const answer = await fetch(`${this.doors[service]!}${path}`);
    if (!answer.ok) throw new Error(`${service}${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Appends events to the inbox of a stream; one that was applied a moment ago may not be known at the door yet. */
  async post(stream: string, events: readonly object[]): Promise<void> {
    await this.line(stream, events.map((event) => JSON.stringify(event)).join('\n'));
  }

  async until(what: string, holds: () => Promise<boolean>, deadlineMs = 120_000): Promise<void> {
    for (const until = Date.now() + deadlineMs; ; await sleep(200)) {
      const isSo = await holds().catch((error: unknown) => {
        if (Date.now() > until) throw error;
        return false;
      });
      if (isSo) return;
      if (Date.now() > until) throw new Error(`${what}: not within ${deadlineMs / 1_000} s`);
    }
  }

  private async send(index: number): Promise<void> {
    const { payments, labels } = hour(index);
    await this.post('transactions', payments);
    await this.post('fraud-labels', labels);
  }

  private async line(stream: string, lines: string): Promise<void> {
    const door = new IngestDoor(this.doors['ingestion']!);
    await this.until(`the door of ${stream}`, async () => {
      const { status } = await door.post(lines, NDJSON_TYPE, stream);
      return status !== 404;
    });
  }
}
