import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { unqualify } from '#contracts';
import {
  letterAt,
  letterTopicOf,
  listLetters,
  rawOf,
  readLetter,
  redriveLetters,
  type EventLog,
  type LetterChoice,
} from '#eventlog';
import { Refused } from '#kernel';
import { CONFIG, EVENT_LOG } from '#runtime';
import type { IngestionConfig } from '../ingestion.config';
import { DiskGuard } from './disk-guard';

const MOST = 1_000;
/** Raw bytes that a page can show; the rest is at the command. */
const SHOWN_BYTES = 64 * 1_024;

/** Records that were not taken, of every service; and those of ingestion into their inbox again, which is ingestion's to write. */
@ApiTags('dead letters')
@Controller('v1/dead-letters')
export class DeadLettersController {
  private readonly namespace: string;

  constructor(
    @Inject(CONFIG) { namespace }: IngestionConfig,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    private readonly diskGuard: DiskGuard,
  ) {
    this.namespace = namespace;
  }

  @Get()
  @ApiOperation({ summary: 'The newest dead letters of all services, or of one topic; rejections by name' })
  @ApiQuery({
    name: 'source',
    required: false,
    description: 'a service, or ingestion.rejections.<stream>',
  })
  @ApiQuery({ name: 'code', required: false })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: 'the newest so many of each topic are looked at, 1 to 1000',
    schema: { default: 100 },
  })
  async list(
    @Query('source') source?: string,
    @Query('code') code?: string,
    @Query('limit') limit?: string,
  ): Promise<unknown> {
    return { letters: await listLetters(this.log, this.namespace, { source, code, limit: limitOf(limit) }) };
  }

  @Get(':source/:position')
  @ApiOperation({ summary: 'One of them, with its headers and its first 64 KiB in Base64' })
  async show(@Param('source') source: string, @Param('position') position: string): Promise<unknown> {
    const from = letterTopicOf(source);
    const record = await letterAt(this.log, this.namespace, from, position);
    const raw = rawOf(from, record);
    return {
      topic: from.topic,
      ...readLetter(from, record),
      key: record.key?.toString('base64') ?? null,
      headers: record.headers.entries().map(([name, value]) => ({ name, value: value.toString('utf8') })),
      bytes: raw?.length ?? 0,
      raw: raw?.subarray(0, SHOWN_BYTES).toString('base64') ?? null,
    };
  }

  @Post(':source/redrive')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Append dead letters of ingestion, or rejections, to their inbox again; they pass dedupe and lateness once',
  })
  @ApiBody({
    description: 'which: `positions` such as ["0-3"], all with a `code`, or `all` but duplicates',
    schema: {
      type: 'object',
      properties: {
        positions: { type: 'array', items: { type: 'string' } },
        code: { type: 'string' },
        all: { type: 'boolean' },
      },
    },
  })
  async redrive(@Param('source') source: string, @Body() body: unknown): Promise<unknown> {
    const from = letterTopicOf(source);
    const choice = choiceOf(body);
    await this.diskGuard.admit();
    const { appended, refused } = await redriveLetters(this.log, this.namespace, from, choice);
    return {
      topic: from.topic,
      redriven: appended.length,
      positions: appended.map(({ topic, ...at }) => ({ topic: unqualify(this.namespace, topic), ...at })),
      refused,
    };
  }
}

const limitOf = (text = '100'): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `limit is a whole number from 1 to ${MOST}, not "${text}"`);
  return limit;
};

/** Bodies of this service come as they were sent. */
const choiceOf = (body: unknown): LetterChoice => {
  const value = parsed(body);
  const { positions, code, all, ...others } = value;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw invalid(`there is no \`${unknown}\``);
  if (
    positions !== undefined &&
    !(Array.isArray(positions) && positions.every((at) => typeof at === 'string'))
  )
    throw invalid('`positions` is a list of texts such as 0-3');
  if (code !== undefined && typeof code !== 'string') throw invalid('`code` is a text');
  if (all !== undefined && typeof all !== 'boolean') throw invalid('`all` is true or false');
  return {
    ...(positions !== undefined && { positions: positions as readonly string[] }),
    ...(code !== undefined && { code }),
    ...(all !== undefined && { all }),
  };
};

const parsed = (body: unknown): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : 'null');
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid('the body is a JSON object such as {"positions": ["0-3"]}');
};

const invalid = (message: string): Refused => new Refused('PLAYHEAD_REQUEST_INVALID', message);
