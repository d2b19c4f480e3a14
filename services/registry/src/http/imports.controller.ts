import { Controller, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { ArtifactStore } from '#artifacts';
import { formatAsOf, parseAsOf } from '#contracts';
import { MAX_MODEL_BYTES, type CheckedModel, type CheckForeign } from '#inference';
import { Refused, formatPosition } from '#kernel';
import { ARTIFACT_STORE } from '#runtime';
import { applied, serviceReference } from '../domain/references';
import { runDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

export const CHECK_FOREIGN = Symbol('check of a model file from elsewhere');

@ApiTags('models')
@Controller('v1/models')
export class ImportsController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    @Inject(CHECK_FOREIGN) private readonly check: CheckForeign,
  ) {}

  @Post(':model/import')
  @HttpCode(202)
  @ApiOperation({
    summary: 'take a model file from elsewhere: it is checked, and judged by a run as any other',
    description: 'The body is the ONNX file. What cannot be used is refused with all reasons.',
  })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiQuery({ name: 'output', required: false, description: 'the output to take, where it cannot be told' })
  @ApiQuery({ name: 'negate', required: false, description: 'true: turn the sign of the output' })
  @ApiQuery({ name: 'metrics', required: false, description: 'JSON: metrics by your own account' })
  @ApiQuery({ name: 'asOf', required: false, description: 'judge on what was known then' })
  async import(
    @Param('model') model: string,
    @Query() query: Readonly<Record<string, string | undefined>>,
    @Req() request: FastifyRequest,
    @Requester() requester: RequesterOf,
  ) {
    const before = this.view.now;
    const definition = applied(before, 'Model', model);
    if (!definition) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no model ${model}`);
    const { task, service } = definition.compiled;
    const claimed = claimedIn(query['metrics']);
    const source = await bytesOf(request.body as Readable | undefined);
    const { bytes, check } = await this.check(source, {
      task,
      featureCount: serviceReference(before, service).features.length,
      ...(query['output'] === undefined ? {} : { output: query['output'] }),
      negate: query['negate'] === 'true',
    });
    await this.store(source, { bytes, check });
    const { state, offset } = await this.desk.submit({
      type: 'training',
      value: {
        ...this.desk.asked(requester),
        model,
        ...(query['asOf'] === undefined ? {} : { as_of: formatAsOf(parseAsOf(query['asOf'])) }),
        imported: {
          artifact: check.digest,
          source: check.source,
          changes: [...check.changes],
          ...(claimed && { claimed }),
        },
      },
    });
    const position = formatPosition(0, offset);
    return { ...runDocument(state.runs.get(`run-${position}`)!), position, check };
  }

  /** Artifacts first (law L7): the file as it came, and as it is used. */
  private async store(
    source: Buffer,
    { bytes, check }: Pick<CheckedModel, 'bytes' | 'check'>,
  ): Promise<void> {
    const meta = { contentType: 'application/onnx' };
    await this.artifacts.put(source, meta);
    if (check.digest !== check.source) await this.artifacts.put(bytes, meta);
  }
}

const bytesOf = async (body: Readable | undefined): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += (part as Buffer).length;
    if (size > MAX_MODEL_BYTES)
      throw new Refused(
        'PLAYHEAD_REQUEST_TOO_LARGE',
        `the file has more than ${MAX_MODEL_BYTES} bytes; a model that large cannot be imported`,
      );
    parts.push(part as Buffer);
  }
  if (size === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body is empty; send the ONNX file');
  return Buffer.concat(parts);
};

const claimedIn = (text: string | undefined): Record<string, number | null> | undefined => {
  if (text === undefined) return undefined;
  const value = parsed(text);
  const isNumbers =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => each === null || Number.isFinite(each));
  if (!isNumbers)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      '`metrics` must be a JSON object of numbers: {"roc_auc": 0.97}',
    );
  return value as Record<string, number | null>;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
