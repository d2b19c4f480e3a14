import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

const file = (name: string): string => readFileSync(join(__dirname, 'page', name), 'utf8');

/** Nothing from elsewhere is loaded, so that the page works without internet and tells nobody that it was opened. */
const POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

/** The first page: what runs, how it does, what warns. It asks this service's own doors. */
@ApiExcludeController()
@Controller()
export class PageController {
  private readonly page = file('index.html');
  private readonly style = file('page.css');
  private readonly script = file('page.js');

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  index(): string {
    return this.page;
  }

  @Get('page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  css(): string {
    return this.style;
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  js(): string {
    return this.script;
  }
}
