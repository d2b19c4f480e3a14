import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { LineageReported, TOPICS, decodeEvent } from '#contracts';
import { readRecords, type EventLog } from '#eventlog';
import { Refused, formatPosition } from '#kernel';
import { EVENT_LOG, ServiceLog } from '#runtime';
import type { RunEvent } from '../domain/lineage/run-event';

const LISTED = 100;
const MOST_LISTED = 1_000;

interface LineageDocument {
  readonly events: readonly { readonly position: string; readonly event: RunEvent }[];
  /** Where to go on, as `from`. */
  readonly next: number;
}

@ApiTags('lineage')
@Controller('v1/lineage')
export class LineageController {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(ServiceLog) private readonly serviceLog: ServiceLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'OpenLineage run events (spec 2-0-2), as they stand on registry.lineage' })
  @ApiQuery({ name: 'from', required: false, description: 'offset to begin at; 0 by default' })
  @ApiQuery({ name: 'limit', required: false, description: `${LISTED} by default, at most ${MOST_LISTED}` })
  async list(@Query('from') from?: string, @Query('limit') limit?: string): Promise<LineageDocument> {
    const topic = this.serviceLog.topic(TOPICS.lineage);
    const { start, end } = (await this.log.ends(topic))[0]!;
    const first = Math.max(start, wholeNumber('from', from, 0, Number.MAX_SAFE_INTEGER));
    const to = Math.min(end, first + wholeNumber('limit', limit, LISTED, MOST_LISTED));
    const events: { position: string; event: RunEvent }[] = [];
    for await (const { partition, offset, value } of readRecords(this.log, topic, 0, first, to))
      events.push({
        position: formatPosition(partition, offset),
        event: decodeEvent(LineageReported, value),
      });
    return { events, next: Math.max(first, to) };
  }
}

const wholeNumber = (name: string, text: string | undefined, absent: number, most: number): number => {
  if (text === undefined) return absent;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > most)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${name} must be a whole number up to ${most}, not "${text}"`,
    );
  return number;
};
