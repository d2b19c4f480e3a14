import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused, formatPosition } from '#kernel';
import type { Run, RegistryState } from '../domain/state';
import { CurrentListings } from '../projections/current-listings';
import { runDocument, type RunDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';
import { limitOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

const MOST_LISTED = 1_000;

@ApiTags('runs')
@Controller('v1/runs')
export class RunsController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(CurrentListings) private readonly listings: CurrentListings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'training runs, newest first' })
  @ApiQuery({ name: 'model', required: false })
  @ApiQuery({
    name: 'status',
    required: false,
    enum: ['requested', 'started', 'completed', 'failed', 'cancelled', 'rejected'],
  })
  @ApiQuery({ name: 'limit', required: false, description: `100 by default, at most ${MOST_LISTED}` })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  async list(
    @Query('model') model?: string,
    @Query('status') status?: string,
    @Query('limit') limit?: string,
    @Query('asOf') asOf?: string,
  ): Promise<{ runs: RunDocument[] }> {
    return {
      runs: await this.listings.list(asOf, (listings) =>
        listings.runs({ model, status, limit: limitOf(limit, MOST_LISTED) }),
      ),
    };
  }

  @Get(':run')
  @ApiOperation({ summary: 'one run' })
  @ApiQuery({ name: 'asOf', required: false })
  one(@Param('run') run: string, @Query('asOf') asOf?: string): RunDocument {
    return runDocument(runIn(this.view.asOf(asOf), run));
  }

  @Post(':run/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'ask that a run ends before it is done' })
  async cancel(@Param('run') run: string, @Requester() requester: RequesterOf) {
    const { state, offset } = await this.desk.submit({
      type: 'cancellation',
      value: { ...this.desk.asked(requester), run },
    });
    return { ...runDocument(runIn(state, run)), position: formatPosition(0, offset) };
  }
}

const runIn = (state: RegistryState, id: string): Run => {
  const run = state.runs.get(id);
  if (!run) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no run ${id}`);
  return run;
};
