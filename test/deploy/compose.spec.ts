/** docker-compose.yml and what it mounts, checked without docker: names, ports, variables and files that must exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { brokerSettings } from '../../libs/localstack/src/kafka/settings';
import { commonVariables, SERVICE_PORTS, type ServiceName } from '#runtime';

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[];
}

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const names = Object.keys(SERVICE_PORTS) as ServiceName[];
const settingOf = (variable: string): string =>
  variable
    .replace(/^KAFKA_/, '')
    .toLowerCase()
    .replaceAll('_', '.');

it('has everything that the design names', () => {
  const others = ['kafka', 'postgres', 's3', 'prometheus', 'alertmanager', 'grafana', 'otel-collector'];
  expect(Object.keys(compose.services).sort()).toEqual([...names, ...others].sort());
});

it.each(names)('%s runs its own program on its own port, with variables that it knows', (name) => {
  const { command, environment = {}, ports = [], depends_on = {} } = compose.services[name] ?? {};
  const port = SERVICE_PORTS[name];
  expect(command).toEqual(['node', `dist/services/${name}/src/main.js`]);
  expect(existsSync(join(root, 'services', name, 'src', 'main.ts'))).toBe(true);
  expect(environment.PLAYHEAD_PORT).toBe(port);
  expect(ports).toContain(`127.0.0.1:${port}:${port}`);
  const known = [...Object.keys(commonVariables(name)), 'PLAYHEAD_SERVING_GRPC_PORT'];
  expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
  expect(Object.keys(depends_on)).toEqual(['kafka', 'postgres', 's3']);
});

it('publishes nothing beyond this machine', () => {
  const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

it('gives the broker the settings that it has without docker', () => {
  const { environment = {} } = compose.services.kafka ?? {};
  const inDocker = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [settingOf(name), String(value)]),
  );
  // Names, addresses and paths differ; so does how the controllers are found, which the image fixes.
  const ofThePlace = /listener|^log\.dirs$|^controller\.quorum/;
  for (const [name, value] of Object.entries(brokerSettings({ port: 1, controllerPort: 2 }))) {
    if (!ofThePlace.test(name)) expect([name, inDocker[name]]).toEqual([name, String(value)]);
  }
});

it('mounts files that exist and volumes that are declared', () => {
  const sources = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((volume) => volume.split(':')[0] ?? ''),
  );
  for (const source of sources) {
    if (source.startsWith('.')) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
    else expect(Object.keys(compose.volumes)).toContain(source);
  }
});

it('has every service scraped, and dashboards that can be read', () => {
  const scrape = parse(read('deploy/prometheus/prometheus.yml')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  const targets = scrape.scrape_configs.flatMap((job) =>
    job.static_configs.flatMap((config) => config.targets),
  );
  expect(targets).toEqual(expect.arrayContaining(names.map((name) => `${name}:${SERVICE_PORTS[name]}`)));
  const dashboard = JSON.parse(read('deploy/grafana/dashboards/playhead.json')) as { panels: unknown[] };
  expect(dashboard.panels.length).toBeGreaterThan(3);
  expect(parse(read('deploy/otel-collector.yaml'))).toMatchObject({
    service: { pipelines: { traces: { receivers: ['otlp'] } } },
  });
});
