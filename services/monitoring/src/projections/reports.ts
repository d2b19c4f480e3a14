import { WindowReported, decodeEvent, type EventOf } from '#contracts';
import type { LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import type { StateRow } from '#runtime';

export interface ReportView extends EventOf<typeof WindowReported> {
  /** Its position on `monitoring.reports`. */
  readonly position: string;
}

/** The newest revision of each window, by deployment: a read model in memory of `monitoring.reports` (law L8). */
export class Reports {
  private byDeployment = new Map<string, Map<string, ReportView>>();

  onRecords(records: readonly LogRecord[], refused: (record: LogRecord, error: unknown) => void): void {
    for (const record of records) {
      try {
        this.apply({
          ...decodeEvent(WindowReported, record.value),
          position: `${record.partition}-${record.offset}`,
        });
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        refused(record, error);
      }
    }
  }

  private apply(report: ReportView): void {
    let windows = this.byDeployment.get(report.deployment);
    if (!windows) this.byDeployment.set(report.deployment, (windows = new Map()));
    const key = `${report.window.start}/${report.window.end}/${report.version}/${report.threshold}`;
    const known = windows.get(key);
    // A crash can put a report on the wire twice.
    if (!known || report.revision > known.revision) windows.set(key, report);
  }

  adopt(other: Reports): void {
    this.byDeployment = other.byDeployment;
  }

  *rows(): Iterable<StateRow> {
    for (const [deployment, windows] of this.byDeployment)
      for (const [key, report] of windows) yield [`${deployment}/${key}`, report];
  }

  deployments(): string[] {
    return [...this.byDeployment.keys()].sort();
  }

  /** The last windows of a deployment, the newest first. */
  of(deployment: string, limit: number): ReportView[] {
    return [...(this.byDeployment.get(deployment)?.values() ?? [])]
      .sort((a, b) => b.window.start.localeCompare(a.window.start) || b.version - a.version)
      .slice(0, limit);
  }
}
