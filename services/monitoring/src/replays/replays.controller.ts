import { Body, Controller, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Type } from 'typebox';
import { HOP_KINDS, parsePlace } from '#replay';
import { bodyOf } from '#runtime';
import { ReplayJobs, type ReplayRequest, type ReplayView } from './replay-jobs';

const ACTOR = 'x-playhead-actor';

const ReplayBody = Type.Object(
  {
    deployment: Type.String({ minLength: 1 }),
    from: Type.Optional(
      Type.String({
        description: 'RFC 3339, or p:offset,p:offset in the observations; the beginning without it',
      }),
    ),
    to: Type.Optional(Type.String({ description: 'the same, itself not in it; now without it' })),
    hops: Type.Optional(Type.Array(Type.Enum([...HOP_KINDS]), { minItems: 1 })),
    rate: Type.Optional(Type.Integer({ minimum: 1, description: 'source records a second at most' })),
  },
  { additionalProperties: false },
);

/** Replays from the console: begun, watched, paused, gone on with. */
@ApiTags('replays')
@Controller('v1/replays')
export class ReplaysController {
  constructor(private readonly jobs: ReplayJobs) {}

  @Get()
  @ApiOperation({ summary: 'Replays of this data folder with their progress, newest first' })
  async list(): Promise<{ replays: ReplayView[] }> {
    return { replays: await this.jobs.list() };
  }

  @Get(':replay')
  @ApiOperation({ summary: 'One replay' })
  one(@Param('replay') id: string): Promise<ReplayView> {
    return this.jobs.view(id);
  }

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Verify a range of a deployment again, bit for bit, in processes of its own' })
  @ApiBody({ schema: ReplayBody as object })
  begin(@Body() body: unknown, @Headers(ACTOR) actor?: string): Promise<ReplayView> {
    return this.jobs.begin(requestOf(body), actor ?? 'console');
  }

  @Post(':replay/pause')
  @HttpCode(202)
  @ApiOperation({ summary: 'Take checkpoints and end; it can be gone on with' })
  pause(@Param('replay') id: string): Promise<ReplayView> {
    return this.jobs.pause(id);
  }

  @Post(':replay/resume')
  @HttpCode(202)
  @ApiOperation({ summary: 'Go on from the last checkpoints' })
  resume(@Param('replay') id: string, @Headers(ACTOR) actor?: string): Promise<ReplayView> {
    return this.jobs.resume(id, actor ?? 'console');
  }
}

const requestOf = (body: unknown): ReplayRequest => {
  const { from, to, ...rest } = bodyOf(ReplayBody, body);
  return {
    ...rest,
    ...(from !== undefined && { from: parsePlace(from, 'from') }),
    ...(to !== undefined && { to: parsePlace(to, 'to') }),
  };
};
