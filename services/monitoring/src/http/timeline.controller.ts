import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused, timestampMs } from '#kernel';
import { FirstEvents } from '../effects/first-events';
import { ENTRY_KINDS, type EntryKind } from '../projections/timeline/entry';
import { chainsOf } from '../projections/timeline/story';
import { storyDocument } from '../projections/timeline/story-document';
import { Timeline } from '../projections/timeline/timeline';
import { limitOf } from './limit';

const MOST = 10_000;

/** What was decided, when, because of what; and what came of it. */
@ApiTags('timeline')
@Controller('v1')
export class TimelineController {
  constructor(
    @Inject(Timeline) private readonly timeline: Timeline,
    @Inject(FirstEvents) private readonly first: FirstEvents,
  ) {}

  @Get('timeline')
  @ApiOperation({
    summary: 'All decisions, the newest first, each with its position and what it goes back to',
  })
  @ApiQuery({ name: 'deployment', required: false, description: 'with what is said of its model' })
  @ApiQuery({ name: 'from', required: false, description: 'append time, RFC 3339' })
  @ApiQuery({ name: 'to', required: false, description: 'append time, RFC 3339, exclusive' })
  @ApiQuery({ name: 'kinds', required: false, description: `some of ${ENTRY_KINDS.join(', ')}, by commas` })
  @ApiQuery({ name: 'limit', required: false, description: `1 to ${MOST}`, schema: { default: 200 } })
  entries(
    @Query('deployment') deployment?: string,
    @Query('from') from?: string,
    @Query('to') to?: string,
    @Query('kinds') kinds?: string,
    @Query('limit') limit?: string,
  ): unknown {
    if (deployment !== undefined) this.refuseUnknown(deployment);
    const found = this.timeline.list({
      ...(deployment !== undefined && { deployment }),
      ...(from !== undefined && { from: timeOf('from', from) }),
      ...(to !== undefined && { to: timeOf('to', to) }),
      ...(kinds !== undefined && { kinds: kindsOf(kinds) }),
    });
    const most = limitOf(limit, { most: MOST, otherwise: 200 });
    return { total: found.length, entries: found.slice(-most).reverse() };
  }

  @Get('stories/:deployment')
  @ApiOperation({
    summary:
      'What each request for a new model led to, the newest first: from the first event of the window that drifted to who answers, with the seconds between',
  })
  @ApiQuery({ name: 'since', required: false, description: 'stories that went on after it, RFC 3339' })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 1000', schema: { default: 20 } })
  async stories(
    @Param('deployment') deployment: string,
    @Query('since') since?: string,
    @Query('limit') limit?: string,
  ): Promise<unknown> {
    this.refuseUnknown(deployment);
    const from = since === undefined ? -Infinity : timeOf('since', since);
    const chains = chainsOf(this.timeline.all(), deployment)
      .filter(({ entries }) => Date.parse(entries.at(-1)!.time) >= from)
      .slice(-limitOf(limit, { most: 1_000, otherwise: 20 }))
      .reverse();
    const told = chains.map(async (chain) =>
      storyDocument(chain, chain.alert && (await this.first.behind(chain.alert))),
    );
    return { deployment, stories: await Promise.all(told) };
  }

  private refuseUnknown(deployment: string): void {
    if (!this.timeline.deployments().has(deployment))
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${deployment}`);
  }
}

const timeOf = (name: string, text: string): number => {
  const time = timestampMs(text);
  if (Number.isNaN(time))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${name} is a time such as 2026-01-01T00:00:00Z, not "${text}"`,
    );
  return time;
};

const kindsOf = (text: string): EntryKind[] =>
  text.split(',').map((kind) => {
    const known = ENTRY_KINDS.find((each) => each === kind.trim());
    if (!known)
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `"${kind}" is none of ${ENTRY_KINDS.join(', ')}`);
    return known;
  });
