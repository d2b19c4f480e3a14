import { championOf, type DeploymentFact, type Deployments } from '#contracts';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FollowedTopic } from '#eventlog';
import { Refused } from '#kernel';
import { CONFIG } from '#runtime';
import { DEFAULT_DRIFT_THRESHOLD, watchOf } from '#folds';
import { TopicCounts } from '../effects/topic-counts';
import type { MonitoringConfig } from '../monitoring.config';
import { Alerts } from '../projections/alerts';
import { Reports, type ReportView } from '../projections/reports';
import { DEPLOYMENTS } from './deployments-in-force';
import { limitOf } from './limit';

/** Windows in which the one that answers is looked for: more versions than that do not answer at a time. */
const NEWEST = 20;

/** What monitoring knows, for pages and programs. */
@ApiTags('monitoring')
@Controller()
export class OverviewController {
  constructor(
    @Inject(CONFIG) private readonly config: MonitoringConfig,
    @Inject(DEPLOYMENTS) private readonly deployments: FollowedTopic<Deployments>,
    private readonly counts: TopicCounts,
    private readonly reports: Reports,
    private readonly alerts: Alerts,
  ) {}

  @Get('config.json')
  @ApiOperation({ summary: 'Namespace, and the addresses of all doors' })
  addresses(): unknown {
    return { namespace: this.config.namespace, doors: this.config.doors };
  }

  @Get('v1/overview')
  @ApiOperation({ summary: 'Records by topic, deployments with their champion and last window, open alerts' })
  async overview(): Promise<unknown> {
    return {
      namespace: this.config.namespace,
      topics: await this.counts.now(),
      deployments: [...this.deployments.state.values()].map((deployment) => this.view(deployment)),
      alerts: { open: this.alerts.list().filter(({ state }) => state === 'open').length },
    };
  }

  @Get('v1/deployments/:deployment/reports')
  @ApiOperation({
    summary: 'The last windows of a deployment, the newest first, each in its newest revision',
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: 'windows at most, 1 to 1000',
    schema: { default: 30 },
  })
  windows(@Param('deployment') deployment: string, @Query('limit') limit?: string): unknown {
    if (!this.deployments.state.has(deployment))
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${deployment}`);
    return {
      deployment,
      reports: this.reports.of(deployment, limitOf(limit, { most: 1_000, otherwise: 30 })),
    };
  }

  private view(fact: DeploymentFact): unknown {
    const { deployment, model, task, state, threshold, monitor } = fact;
    const champion = championOf(fact);
    const watch = champion && watchOf(fact, champion.version);
    return {
      deployment,
      model,
      task,
      state,
      threshold,
      version: champion?.version ?? null,
      monitor: monitor?.name ?? null,
      metric: monitor?.metric ?? null,
      window_ms: watch && 'ms' in watch.window ? watch.window.ms : null,
      window_rows: watch && 'rows' in watch.window ? watch.window.rows : null,
      drift_threshold: watch?.monitor?.drift.threshold ?? DEFAULT_DRIFT_THRESHOLD,
      last: this.lastOf(deployment, champion?.version) ?? null,
    };
  }

  /** The last window of the version that answers; of any other while there is none of it. */
  private lastOf(deployment: string, version: number | undefined): ReportView | undefined {
    const newest = this.reports.of(deployment, NEWEST);
    return newest.find((report) => report.version === version) ?? newest[0];
  }
}
