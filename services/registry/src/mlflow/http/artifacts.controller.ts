import type { Readable } from 'node:stream';
import { Delete, Get, Inject, Put, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ARTIFACT_STORE, CONFIG } from '#runtime';
import type { ArtifactStore } from '#artifacts';
import type { RegistryConfig } from '../../registry.config';
import { Catalog, readOnly } from '../catalog';
import { safePath, splitArtifactPath } from '../domain/artifact-folders';
import { RefusedByMlflow, absent, invalid } from '../domain/refusal';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { bytesOf, receive } from './artifact-bytes';
import { MlflowController } from './doors';

const ROOT = 'api/2.0/mlflow-artifacts';
const FILE = ApiParam({ name: 'path', description: 'path below mlflow-artifacts:/, slashes and all' });

/** What lies under `mlflow-artifacts:/`: bytes in the artifact store under their digest, their names on the log. */
@MlflowController(ROOT)
export class ArtifactsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    @Inject(CONFIG) private readonly config: RegistryConfig,
  ) {}

  @Get('artifacts')
  @ApiOperation({ summary: 'files in a folder' })
  list(@Query() query: unknown) {
    const path = safePath(new Arguments(query).optionalText('path') ?? '');
    const skip = path === '' ? 0 : path.length + 1;
    return {
      files: this.catalog.list(path).map(({ path: each, isFolder, size }) => ({
        path: each.slice(skip),
        is_dir: isFolder,
        ...(size !== undefined && { file_size: size }),
      })),
    };
  }

  @Get('artifacts/*')
  @ApiOperation({ summary: 'the bytes of a file' })
  @FILE
  async download(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const path = pathOf(request);
    const file = this.catalog.file(path);
    if (!file) throw absent(`No such artifact: '${path}'`);
    const size = this.catalog.state.folders.get(path)?.size;
    const bytes = 'text' in file ? Buffer.from(file.text) : await bytesOf(this.store, file.digest, size);
    void reply
      .header('content-type', 'application/octet-stream')
      .header('content-disposition', 'attachment')
      .header('x-content-type-options', 'nosniff')
      .send(bytes);
  }

  @Put('artifacts/*')
  @ApiOperation({ summary: 'upload a file, as one raw body' })
  @FILE
  async upload(@Req() request: FastifyRequest): Promise<object> {
    const path = pathOf(request);
    this.requireOfClients(path);
    const { folder, rest } = splitArtifactPath(path);
    if (rest === '') throw invalid('Invalid path');
    const { artifact, size } = await receive(
      request.body as Readable | undefined,
      this.store,
      this.config.artifactBytes,
    );
    await this.tracking.submit({ type: 'artifact-logged', value: { folder, path: rest, artifact, size } });
    return {};
  }

  @Delete('artifacts/*')
  @ApiOperation({ summary: 'delete a file, or a folder with all in it' })
  @FILE
  async delete(@Req() request: FastifyRequest): Promise<object> {
    const path = pathOf(request);
    this.requireOfClients(path);
    for (const each of this.catalog.state.folders.foldersAt(path))
      await this.tracking.submit({ type: 'artifact-deleted', value: each });
    return {};
  }

  /** The client then sends the file as one body. */
  @Get('presigned/*')
  @ApiExcludeEndpoint()
  presigned(): never {
    throw new RefusedByMlflow('NOT_IMPLEMENTED', 'Presigned download URLs are not supported');
  }

  private requireOfClients(path: string): void {
    if (this.catalog.isOwnFolder(path)) throw readOnly('these files belong to a training run of Playhead');
  }
}

const PREFIX = `/${ROOT}/artifacts/`;

/** As the client escaped it; the query is not part of it. @throws RefusedByMlflow where it leads out of the store. */
const pathOf = ({ url }: FastifyRequest): string => {
  const query = url.indexOf('?');
  const escaped = url.slice(PREFIX.length, query < 0 ? undefined : query);
  let path: string;
  try {
    path = decodeURIComponent(escaped);
  } catch {
    path = escaped;
  }
  const safe = safePath(path);
  if (safe === '') throw invalid('Invalid path');
  return safe;
};
