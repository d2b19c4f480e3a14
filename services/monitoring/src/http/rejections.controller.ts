import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { RecordRejected, TOPICS, decodeEvent, qualify } from '#contracts';
import { letterTopicOf, lettersIn, type EventLog } from '#eventlog';
import { Refused, formatPosition } from '#kernel';
import { CONFIG, EVENT_LOG } from '#runtime';
import type { MonitoringConfig } from '../monitoring.config';
import { limitOf } from './limit';

const MOST = 1_000;

/** What ingestion did not take, for people who look why. */
@ApiTags('console')
@Controller('v1/streams')
export class RejectionsController {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CONFIG) private readonly config: MonitoringConfig,
  ) {}

  @Get(':stream/rejections')
  @ApiOperation({
    summary: 'The last rejections of a stream, the newest first, with the bytes as they were sent',
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: `1 to ${MOST}`,
    schema: { default: 100 },
  })
  async rejections(@Param('stream') stream: string, @Query('limit') limit?: string): Promise<unknown> {
    const topic = qualify(this.config.namespace, TOPICS.rejections(stream));
    if ((await this.log.partitionCount(topic)) === undefined)
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no stream ${stream}`);
    const ends = await this.log.ends(topic);
    const from = letterTopicOf(TOPICS.rejections(stream));
    const most = limitOf(limit, { most: MOST, otherwise: 100 });
    const records = await lettersIn(this.log, this.config.namespace, from, most);
    return {
      stream,
      total: ends.reduce((sum, { end }) => sum + end, 0),
      rejections: [...records].reverse().map(({ partition, offset, timestamp, value }) => ({
        position: formatPosition(partition, offset),
        rejectedAt: new Date(timestamp).toISOString(),
        ...decodeEvent(RecordRejected, value),
      })),
    };
  }
}
