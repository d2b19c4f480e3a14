/** The document as a tool of somebody else reads it: `@asyncapi/parser`, which checks structure, references and examples. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Parser, type AsyncAPIDocumentInterface, type Diagnostic } from '@asyncapi/parser';
import { CONTRACTS, TOPICS } from '#contracts';
import { TOPOLOGIES } from '../sources/services';
import { isEvent, writtenBy } from '../sources/flows';

const file = resolve(__dirname, '..', '..', 'reference', 'asyncapi.yaml');

let document: AsyncAPIDocumentInterface;
let diagnostics: readonly Diagnostic[];

// The parser takes seconds: once for all.
beforeAll(async () => {
  const parsed = await new Parser().parse(readFileSync(file, 'utf8'));
  document = parsed.document!;
  diagnostics = parsed.diagnostics;
}, 120_000);

it('passes the parser without errors, warnings or hints, but that there is a 3.1', () => {
  expect(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([]);
  expect(document.version()).toBe('3.0.0');
});

it('has a channel for every topic', () => {
  const nameless = (address: string): string => address.replaceAll(/[{<][a-z]+[}>]/g, '{}');
  const topics = Object.values(TOPICS).map((topic) =>
    nameless(`{namespace}.${typeof topic === 'string' ? topic : topic('<name>', '<entity>')}`),
  );
  const addresses = document.channels().map((channel) => nameless(channel.address()!));
  expect([...addresses].sort()).toEqual([...topics].sort());
});

it('has a message for every event, with its schema and a sample, on its channel', () => {
  for (const { type, topic, sample } of CONTRACTS) {
    const message = document.components().messages().get(type)!;
    expect(message.examples().map((example) => example.payload())).toEqual([sample]);
    const address = `{namespace}.${topic.replaceAll('<', '{').replaceAll('>', '}')}`;
    const channel = document.channels().find((candidate) => candidate.address() === address)!;
    expect(channel.messages().map((on) => on.name())).toContain(type);
  }
});

it('says of every service what it sends', () => {
  for (const topology of TOPOLOGIES) {
    const sent = document
      .operations()
      .filter(
        (operation) => operation.isSend() && operation.tags().some((tag) => tag.name() === topology.service),
      )
      .flatMap((operation) => operation.messages().map((message) => message.name()!));
    const events = writtenBy(topology)
      .filter(isEvent)
      .map(({ type }) => type);
    expect(sent).toEqual(expect.arrayContaining(events));
  }
});
