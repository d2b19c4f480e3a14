import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { RequestHeaders } from './cut-body';
import { DiskGuard } from './disk-guard';
import { plainBody } from './event-body';
import { Intake, type IntakeAnswer } from './intake';
import { KnownStreams } from './known-streams';

/** Events in, over HTTP. */
@ApiTags('ingest')
@Controller('v1/streams')
export class EventsController {
  constructor(
    private readonly streams: KnownStreams,
    private readonly intake: Intake,
    private readonly diskGuard: DiskGuard,
  ) {}

  @Post(':stream/events')
  @HttpCode(200)
  @ApiOperation({ summary: 'Append events to the inbox of a stream; the answer comes when they are durable' })
  @ApiConsumes(
    'application/json',
    'application/x-ndjson',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
  )
  @ApiBody({
    description:
      'One event or several; at most 1,000,000 bytes an event and 16 MiB a body, which may be packed with gzip',
    schema: {},
  })
  @ApiResponse({
    status: 200,
    description: 'How many are accepted, which the schema refuses, and where each event stands',
  })
  @ApiResponse({ status: 400, description: 'All are refused, or the body is no JSON' })
  async append(
    @Param('stream') name: string,
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IntakeAnswer | (IntakeAnswer & { readonly error: unknown })> {
    const stream = await this.streams.get(name);
    const plain = await plainBody(body, headers);
    await this.diskGuard.admit();
    const answer = await this.intake.take(stream, plain, headers);
    if (answer.accepted > 0 || answer.rejected.length === 0) return answer;
    void reply.status(400);
    const message = `the schema of ${name} refuses every event of the body: ${answer.rejected[0]!.message}`;
    return { error: { code: 'PLAYHEAD_INGEST_REFUSED', message, details: answer }, ...answer };
  }
}
