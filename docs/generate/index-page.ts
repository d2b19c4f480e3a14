import { SERVICE_PORTS } from '#runtime';
import { code, table } from './markdown';

/** The first page of the reference; the doors describe themselves, while they run. */
export const indexPage = (): string =>
  [
    '# Reference',
    'Everything here is written from the code by `npm run docs:reference`, and a test fails when a page is stale.',
    table(
      ['page', 'what it says'],
      [
        [
          '[asyncapi.yaml](asyncapi.yaml)',
          'the log as an AsyncAPI 3.0 document: topics, events with schemas and samples, who sends and receives',
        ],
        ['[events](events.md)', 'every event: topic, key, owner, readers, fields, sample'],
        ['[flow](flow.md)', 'who reads and writes what, as a picture and a table'],
        ['[configuration](config.md)', 'every environment variable of the services and of the command'],
        ['[metrics](metrics.md)', 'every name at `/metrics`'],
        ['[error codes](errors.md)', 'what each means, what the platform does about it, what you do'],
        ['[trainers](trainers.md)', 'what each trainer learns, and every parameter'],
        ['[rejection codes](rejections.md)', 'why an event of an inbox is no observation'],
      ],
    ),
    '## Doors (HTTP)',
    'Each service describes its doors at `/openapi.json` while it runs (OpenAPI 3). By default, on one machine:',
    table(
      ['service', 'OpenAPI', 'beside it'],
      Object.entries(SERVICE_PORTS).map(([service, port]) => [
        service,
        code(`http://127.0.0.1:${port}/openapi.json`),
        ['/health/live', '/health/ready', '/metrics'].map(code).join(', '),
      ]),
    ),
  ].join('\n\n');
