import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { EVENT_LOG, ServiceLog } from '#runtime';
import type { StreamInForce } from '../domain/streams';
import { InboxMeter } from '../handlers/inbox-meter';
import { KnownStreams } from './known-streams';

/** What there is to send to, and how far it has come. */
@ApiTags('streams')
@Controller('v1/streams')
export class StreamsController {
  constructor(
    private readonly streams: KnownStreams,
    private readonly meter: InboxMeter,
    private readonly serviceLog: ServiceLog,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All streams' })
  list(): unknown {
    return { streams: this.streams.all().map(summary) };
  }

  @Get(':stream')
  @ApiOperation({
    summary:
      'One stream: its definition, records by topic, and the watermark of the partitions that this instance works on',
  })
  async describe(@Param('stream') name: string): Promise<unknown> {
    const stream = await this.streams.get(name);
    const [inbox, observations, rejections] = await Promise.all(
      [TOPICS.inbox, TOPICS.observations, TOPICS.rejections].map((topic) => this.records(topic(name))),
    );
    const watermarks = [...this.meter.watermarks(name)]
      .filter(([, ms]) => Number.isFinite(ms))
      .sort(([a], [b]) => a - b);
    return {
      ...summary(stream),
      definition: stream.definition,
      counts: { inbox, observations, rejections },
      rejectionsSinceStart: this.meter.rejections(name),
      watermarks: Object.fromEntries(
        watermarks.map(([partition, ms]) => [partition, new Date(ms).toISOString()]),
      ),
    };
  }

  /** Offsets given out: a repeated record after a crash is counted twice here; `status` and reports count by source position. */
  private async records(topic: string): Promise<number> {
    return (await this.log.ends(this.serviceLog.topic(topic))).reduce((sum, { end }) => sum + end, 0);
  }
}

const summary = ({ name, revision, definition }: StreamInForce): object => ({
  name,
  revision,
  digest: definition.digest,
  key: definition.key,
  id: definition.id,
  time: definition.time,
  partitions: definition.partitions,
  fields: definition.fields,
});
