import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { parseInferRequest, renderInferError, renderInferResponse, renderModelMetadata } from '#inference';
import { errorAnswer } from '#runtime';
import { InferenceDesk } from '../inference';

/** Open Inference Protocol v2 over REST, JSON tensors. Errors have the protocol's own shape. */
@ApiTags('open inference protocol')
@Controller('v2')
export class InferenceController {
  constructor(private readonly desk: InferenceDesk) {}

  @Get()
  @ApiOperation({ summary: 'Server metadata' })
  server(): unknown {
    return { name: 'playhead', version: '0.1.0', extensions: [] };
  }

  @Get('health/live')
  live(): unknown {
    return { live: true };
  }

  @Get('health/ready')
  ready(): unknown {
    return { ready: true };
  }

  @Get('models/:deployment')
  @ApiOperation({ summary: 'Model metadata' })
  metadata(
    @Param('deployment') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return answered(reply, async () => {
      const { versions, features, outputName, outputs } = await this.desk.metadata(name);
      return renderModelMetadata(name, versions, { featureCount: features, outputName, outputs });
    });
  }

  @Get('models/:deployment/ready')
  modelReady(
    @Param('deployment') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return answered(reply, async () => {
      await this.desk.metadata(name);
      return { name, ready: true };
    });
  }

  @Post('models/:deployment/infer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Score rows: one input `input` FP32 [-1, features]' })
  infer(
    @Param('deployment') name: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return answered(reply, async () => {
      const { outputName, outputs, features } = await this.desk.metadata(name);
      const signature = { featureCount: features, outputName, outputs };
      const { id, rows, matrix } = parseInferRequest(body, signature);
      const answer = await this.desk.infer({
        model: name,
        ...(id !== undefined && { id }),
        rows,
        matrix,
        protocol: 'rest-v2',
      });
      return renderInferResponse({ name, version: answer.version }, signature, answer.values, answer.id);
    });
  }
}

const answered = async (reply: FastifyReply, work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    void reply.status(errorAnswer(error).status);
    return renderInferError(error);
  }
};
