import { All, Get } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation } from '@nestjs/swagger';
import { RefusedByMlflow } from '../domain/refusal';
import { MlflowController } from './doors';

/** What the client asks of any server, and an answer to what is not built: traces, prompts, scorers, gateways, multipart uploads. */
@MlflowController('api')
export class ServerController {
  @Get('3.0/mlflow/server-info')
  @ApiOperation({ summary: 'what this server can do' })
  info() {
    return {
      store_type: null,
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: false,
      presigned_upload_model_id_supported: false,
      features_enabled: {},
    };
  }

  @All('2.0/mlflow-artifacts/mpu/*')
  @ApiExcludeEndpoint()
  multipart(): never {
    throw new RefusedByMlflow(
      'NOT_IMPLEMENTED',
      'Multipart upload is not supported for the current artifact repository',
    );
  }

  @All(['2.0/mlflow/*', '3.0/mlflow/*', '2.0/mlflow-artifacts/*'])
  @ApiExcludeEndpoint()
  unknown(): never {
    throw new RefusedByMlflow(
      'ENDPOINT_NOT_FOUND',
      'This server has experiments, runs, artifacts, logged models and registered models of the MLflow REST API, and nothing else of it',
    );
  }
}
