import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused, formatPosition } from '#kernel';
import type { RegistryState } from '../domain/state';
import { rolloutDocument, type RolloutDocument } from '../projections/rollout-document';
import { RegistryView } from '../projections/registry-view';
import { ReviewBody, bodyOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

const ACTIONS = ['pause', 'resume', 'promote', 'abort'] as const;

/** How a deployment comes from one version to the next. */
@ApiTags('deployments')
@Controller('v1/deployments/:name/rollout')
export class RolloutsController {
  constructor(
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(RequestDesk) private readonly desk: RequestDesk,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'routes with their shares, the rollout under way or the last one, and what happened to it',
  })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  one(@Param('name') name: string, @Query('asOf') asOf?: string): RolloutDocument {
    return rolloutDocument(known(this.view.asOf(asOf), name), name);
  }

  @Post(':action')
  @ApiOperation({
    summary:
      'hold the rollout, let it go on (watched anew), bring the new version to everybody at once, or take it back',
  })
  @ApiParam({ name: 'action', enum: ACTIONS })
  @ApiBody({ schema: ReviewBody as object, required: false })
  async steer(
    @Param('name') deployment: string,
    @Param('action') text: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ): Promise<RolloutDocument & { position: string }> {
    const action = ACTIONS.find((each) => each === text);
    if (!action)
      throw new Refused('PLAYHEAD_NOT_FOUND', `a rollout knows ${ACTIONS.join(', ')}, not "${text}"`);
    const { comment } = bodyOf(ReviewBody, body);
    const { state, offset } = await this.desk.submit({
      type: 'rollout',
      value: {
        ...this.desk.asked(requester),
        deployment,
        action,
        ...(comment === undefined ? {} : { comment }),
      },
    });
    return { ...rolloutDocument(known(state, deployment), deployment), position: formatPosition(0, offset) };
  }
}

const known = (state: RegistryState, name: string): RegistryState => {
  if (!state.deployments.has(name)) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}`);
  return state;
};
