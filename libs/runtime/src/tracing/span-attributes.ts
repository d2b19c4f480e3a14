import type { Attributes } from '@opentelemetry/api';

/** OpenTelemetry's semantic conventions for messaging, written out: they are not stable, and a copy cannot change under us. */
const messaging = (operation: 'process' | 'send', topic: string): Attributes => ({
  'messaging.system': 'kafka',
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
  'messaging.destination.name': topic,
});

export const roundAttributes = (topic: string, group: string, records: number): Attributes => ({
  ...messaging('process', topic),
  'messaging.consumer.group.name': group,
  'messaging.batch.message_count': records,
});

export const recordAttributes = (
  topic: string,
  group: string,
  partition: number,
  offset: number,
): Attributes => ({
  ...messaging('process', topic),
  'messaging.consumer.group.name': group,
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.message.offset': offset,
});

export const sendAttributes = (topic: string, partition: number): Attributes => ({
  ...messaging('send', topic),
  'messaging.destination.partition.id': String(partition),
});

export const batchSendAttributes = (topic: string, records: number): Attributes => ({
  ...messaging('send', topic),
  'messaging.batch.message_count': records,
});
