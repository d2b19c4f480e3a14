import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PlatformError } from '#kernel';
import { LogTransport } from '../log-transport';
import type { Metrics } from '../metrics';
import { METRICS } from '../ports';
import { Readiness, type ReadinessReport } from '../readiness';

/** The doors that every service has. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(LogTransport) private readonly transport: LogTransport,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  /** The process runs and its event loop turns; nothing else is asked. */
  @Get('health/live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** 503 names each dependency that is away, with the reason. */
  @Get('health/ready')
  async ready(): Promise<ReadinessReport & { workers: Record<string, unknown> }> {
    const report = { ...(await this.readiness.report()), workers: this.transport.statuses() };
    if (report.status !== 'not ready') return report;
    const away = report.checks.filter((check) => !check.ready && check.effect === 'required');
    throw new PlatformError(
      'PLAYHEAD_NOT_READY',
      'retry',
      away.map(({ name, reason }) => `${name}: ${reason}`).join('; '),
      {
        details: report,
      },
    );
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  scrape(): Promise<string> {
    return this.metrics.render();
  }
}
