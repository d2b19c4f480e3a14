import { Body, Controller, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '#kernel';
import { HOP_KINDS, parsePlace } from '#replay';
import { ReplayJobs, type ReplayRequest, type ReplayView } from './replay-jobs';

const ACTOR = 'x-playhead-actor';

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
  @ApiBody({
    description:
      '`from` and `to`: RFC 3339, or p:offset,p:offset in the observations; `hops` of those there are; `rate`: source records a second at most',
    schema: {
      type: 'object',
      required: ['deployment'],
      properties: {
        deployment: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        hops: { type: 'array', items: { type: 'string' } },
        rate: { type: 'integer', minimum: 1 },
      },
    },
  })
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
  if (typeof body !== 'object' || body === null) throw invalid('the body is a JSON object with `deployment`');
  const { deployment, from, to, hops, rate, ...others } = body as Record<string, unknown>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw invalid(`there is no \`${unknown}\``);
  if (typeof deployment !== 'string' || deployment === '') throw invalid('`deployment` is the name of one');
  const isHops = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((hop) => HOP_KINDS.includes(hop as string));
  if (hops !== undefined && !isHops(hops)) throw invalid(`\`hops\` is a list of ${HOP_KINDS.join(', ')}`);
  if (rate !== undefined && !(Number.isInteger(rate) && (rate as number) > 0))
    throw invalid('`rate` is a whole number above 0');
  return {
    deployment,
    ...(from !== undefined && { from: parsePlace(textOf(from, 'from'), 'from') }),
    ...(to !== undefined && { to: parsePlace(textOf(to, 'to'), 'to') }),
    ...(hops !== undefined && { hops }),
    ...(rate !== undefined && { rate: rate as number }),
  };
};

const textOf = (value: unknown, name: string): string => {
  if (typeof value !== 'string') throw invalid(`\`${name}\` is a text such as 2018-05-01T00:00:00Z`);
  return value;
};

const invalid = (message: string): Refused => new Refused('PLAYHEAD_REQUEST_INVALID', message);
