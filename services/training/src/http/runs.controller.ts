import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '#kernel';
import { RunList } from '../projections/run-list';

/** Training runs, read-only: they are asked for and cancelled at the registry. */
@ApiTags('training runs')
@Controller('v1/runs')
export class RunsController {
  constructor(private readonly runs: RunList) {}

  @Get()
  @ApiOperation({ summary: 'All runs, newest first' })
  list(): unknown {
    return { runs: this.runs.all() };
  }

  @Get(':run/trials')
  @ApiOperation({ summary: 'Trials of a run that searches for its parameters, best first' })
  trials(@Param('run') id: string): unknown {
    const trials = this.runs.trialsOf(id);
    if (!trials) throw unknown(id);
    return { run: id, trials };
  }

  @Get(':run')
  @ApiOperation({ summary: 'State, progress and metrics of a run' })
  one(@Param('run') id: string): unknown {
    const run = this.runs.of(id);
    if (!run) throw unknown(id);
    return run;
  }
}

const unknown = (id: string): Refused =>
  new Refused('PLAYHEAD_NOT_FOUND', `there is no run ${id}; GET /v1/runs lists those there are`);
