import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { CommonConfig } from '../config';
import { CONFIG } from '../ports';
import type { StateDigest } from '../state/read-model';
import { ReadModels, type RebuiltModel } from '../state/read-models';

/** The read models of this instance: state is a cache of the log (law L8). */
@ApiTags('state')
@Controller('v1/state')
export class StateController {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CONFIG) private readonly config: CommonConfig,
  ) {}

  @Get('digest')
  @ApiOperation({ summary: 'each read model with the position that it reflects and the digest of its rows' })
  async digest(): Promise<{ service: string; models: readonly (StateDigest & { name: string })[] }> {
    return { service: this.config.service, models: await this.models.digests() };
  }

  @Post('rebuild')
  @HttpCode(200)
  @ApiOperation({
    summary: 'drop every read model, build it anew from the log, and compare; safe while running',
  })
  async rebuild(): Promise<{ service: string; ok: boolean; models: readonly RebuiltModel[] }> {
    const models = await this.models.rebuild();
    return { service: this.config.service, ok: models.every(({ equal }) => equal), models };
  }
}
