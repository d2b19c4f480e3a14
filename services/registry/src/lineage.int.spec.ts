/** The lineage that the registry reports, read by OpenLineage's own client: it must know every word, and write the same again. */
import { execFileSync } from 'node:child_process';
import { TOPICS, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { pythonWith } from '#localstack';
import { GOLDEN, loadGolden } from '../../../test/golden/golden-log';

const PROGRAM = `
import importlib, json, sys
from openlineage.client import event_v2
from openlineage.client.generated.base import BaseFacet
from openlineage.client.serde import Serde

def facet(name, value, own):
    body = {k: v for k, v in value.items() if not k.startswith("_")}
    if name in own:
        module, kind = own[name]
        return getattr(importlib.import_module("openlineage.client.generated." + module), kind)(producer=value["_producer"], **body)
    assert name.startswith("playhead_") and value["_schemaURL"].startswith("urn:playhead:facet:"), name
    return BaseFacet(producer=value["_producer"]).with_additional_properties(**body)

DATASET = {"schema": ("schema_dataset", "SchemaDatasetFacet"), "dataSource": ("datasource_dataset", "DatasourceDatasetFacet"), "version": ("dataset_version_dataset", "DatasetVersionDatasetFacet")}
RUN = {"errorMessage": ("error_message_run", "ErrorMessageRunFacet")}
JOB = {"jobType": ("job_type_job", "JobTypeJobFacet")}

def facets(values, own):
    return {name: facet(name, value, own) for name, value in values.items()}

def read(event):
    datasets = lambda kind, values: [kind(d["namespace"], d["name"], facets=facets(d["facets"], DATASET)) for d in values]
    return event_v2.RunEvent(
        eventType=event_v2.RunState[event["eventType"]], eventTime=event["eventTime"], producer=event["producer"],
        run=event_v2.Run(event["run"]["runId"], facets(event["run"]["facets"], RUN)),
        job=event_v2.Job(event["job"]["namespace"], event["job"]["name"], facets=facets(event["job"]["facets"], JOB)),
        inputs=datasets(event_v2.InputDataset, event["inputs"]), outputs=datasets(event_v2.OutputDataset, event["outputs"]))

print(json.dumps([json.loads(Serde.to_json(read(event))) for event in json.load(sys.stdin)]))
`;

/** What the client does not keep: the schema of facets that are not the spec's, and empty lists. */
const comparable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !(Array.isArray(member) && member.length === 0))
      .map(([name, member]): [string, unknown] =>
        name === '_schemaURL' && !String(member).includes('/spec/facets/')
          ? [name, 'own']
          : [name, comparable(member)],
      )
      .filter(
        ([, member]) => !(typeof member === 'object' && member !== null && Object.keys(member).length === 0),
      ),
  );
};

it('is OpenLineage to OpenLineage', async () => {
  const python = await pythonWith('openlineage', ['openlineage-python==1.54.0'], (line) =>
    process.stderr.write(`${line}\n`),
  );
  const { log } = await loadGolden('0.1.0');
  const events = (await readTopic(log, qualify(GOLDEN, TOPICS.lineage))).map(
    ({ value }) => JSON.parse(String(value)) as unknown,
  );
  expect(events.length).toBeGreaterThanOrEqual(10);
  const answer = execFileSync(python, ['-c', PROGRAM], { input: JSON.stringify(events), encoding: 'utf8' });
  expect((JSON.parse(answer) as unknown[]).map(comparable)).toEqual(events.map(comparable));
}, 180_000);
