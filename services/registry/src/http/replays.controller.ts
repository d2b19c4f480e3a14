import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused, formatPosition } from '#kernel';
import type { Replay } from '../domain/state';
import { RegistryView } from '../projections/registry-view';
import { ReplayBody, bodyOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

/** A replay as the door gives it. */
type ReplayDocument = Omit<Replay, 'position' | 'reported_by' | 'time'> & {
  readonly reportedBy: string;
  readonly reportedAt: string;
  readonly position: string;
};

@ApiTags('replays')
@Controller('v1/replays')
export class ReplaysController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
  ) {}

  @Get()
  @ApiOperation({ summary: 'what was played again, newest first' })
  @ApiQuery({ name: 'subject', required: false, description: 'deployment, model version or service' })
  @ApiQuery({ name: 'kind', required: false })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  list(
    @Query('subject') subject?: string,
    @Query('kind') kind?: string,
    @Query('asOf') asOf?: string,
  ): { replays: ReplayDocument[] } {
    const replays = [...this.view.asOf(asOf).replays.values()]
      .filter(
        (replay) => (subject ?? replay.subject) === replay.subject && (kind ?? replay.kind) === replay.kind,
      )
      .sort((a, b) => b.position - a.position);
    return { replays: replays.map(documentOf) };
  }

  @Get(':replay')
  @ApiOperation({ summary: 'one replay' })
  @ApiQuery({ name: 'asOf', required: false })
  one(@Param('replay') id: string, @Query('asOf') asOf?: string): ReplayDocument {
    const replay = this.view.asOf(asOf).replays.get(id);
    if (!replay) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no replay ${id}`);
    return documentOf(replay);
  }

  /** The report must lie in the store before it is announced (law L7). */
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'say what a replay has found' })
  @ApiBody({ schema: ReplayBody as object })
  async report(@Body() body: unknown, @Requester() { actor, request }: RequesterOf): Promise<ReplayDocument> {
    const report = bodyOf(ReplayBody, body);
    const { state } = await this.desk.submit({
      type: 'replay',
      value: { ...report, request: this.desk.requestId(request ?? report.replay), actor },
    });
    return documentOf(state.replays.get(report.replay)!);
  }
}

const documentOf = ({ position, reported_by, time, ...replay }: Replay): ReplayDocument => ({
  ...replay,
  reportedBy: reported_by,
  reportedAt: time,
  position: formatPosition(0, position),
});
