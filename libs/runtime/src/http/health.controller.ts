import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PlatformError } from '#kernel';
import { CONTENT_TYPES, formatFor } from '../exposition';
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

  /** Prometheus's text, or OpenMetrics with exemplars for a scraper that accepts it. */
  @Get('metrics')
  scrape(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const format = formatFor(accept);
    void reply.header('content-type', CONTENT_TYPES[format]);
    return this.metrics.render(format);
  }
}
