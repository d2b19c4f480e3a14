import { Controller, Get, Inject, OnModuleDestroy, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LiveFeed, type LiveEvent } from '../effects/live/live-feed';

/** A page that does not read for so long that this much waits is cut off; it comes back by itself. */
const MOST_WAITING_BYTES = 1_000_000;

/** What happens now, as server-sent events. */
@ApiTags('console')
@Controller()
export class LiveController implements OnModuleDestroy {
  private readonly open = new Set<FastifyReply['raw']>();

  constructor(@Inject(LiveFeed) private readonly feed: LiveFeed) {}

  @Get('v1/live')
  @ApiOperation({
    summary:
      'Server-sent events: `rates` each second (records and records a second by topic, lag by source), `fact` for each new decision',
  })
  @ApiProduces('text/event-stream')
  live(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { raw } = reply;
    // Headers that hooks have set, among them whose page may read this.
    const headers = reply.getHeaders() as Record<string, string>;
    reply.hijack();
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
    });
    raw.write('retry: 2000\n\n');
    const end = this.feed.listen((event) => {
      if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy();
      else raw.write(textOf(event));
    });
    this.open.add(raw);
    request.raw.socket.setNoDelay(true);
    raw.on('close', () => {
      this.open.delete(raw);
      end();
    });
  }

  async onModuleDestroy(): Promise<void> {
    for (const raw of this.open) raw.end();
    await this.feed.stop();
  }
}

const textOf = ({ event, value }: LiveEvent): string => `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`;
