import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused } from '#kernel';
import { CurrentListings } from '../projections/current-listings';
import { deploymentDocument, type DeploymentDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';

@ApiTags('deployments')
@Controller('v1/deployments')
export class DeploymentsController {
  constructor(
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(CurrentListings) private readonly listings: CurrentListings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'what runs where' })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  async list(@Query('asOf') asOf?: string): Promise<{ deployments: DeploymentDocument[] }> {
    return { deployments: await this.listings.list(asOf, (listings) => listings.deployments()) };
  }

  @Get(':name')
  @ApiOperation({ summary: 'one deployment' })
  @ApiQuery({ name: 'asOf', required: false })
  one(@Param('name') name: string, @Query('asOf') asOf?: string): DeploymentDocument {
    const deployment = this.view.asOf(asOf).deployments.get(name);
    if (!deployment) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}`);
    return deploymentDocument(deployment);
  }
}
