/** What one broker on one machine needs to know. Paths in it are relative to the broker's working folder. */
export interface BrokerPlan {
  readonly port: number;
  readonly controllerPort: number;
}

/**
 * The largest record batch. A record that the platform derives may be twice the largest event (1,000,000 bytes) and its
 * envelope; a batch holds many records.
 */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export const brokerSettings = ({
  port,
  controllerPort,
}: BrokerPlan): Readonly<Record<string, string | number | boolean>> => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  listeners: `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'BROKER',
  'controller.listener.names': 'CONTROLLER',
  // Bootstrap servers and not voters: the ports may change from start to start.
  'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
  'log.dirs': 'data',

  // The controller refuses a restarted broker until the session of the killed one has run out.
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 500,

  'auto.create.topics.enable': false,
  'log.retention.ms': -1,
  'message.max.bytes': MAX_MESSAGE_BYTES,
  'replica.fetch.max.bytes': MAX_MESSAGE_BYTES,
  'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,

  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,

  'default.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
});

/** `server.properties` for the plan. */
export const renderSettings = (plan: BrokerPlan): string =>
  Object.entries(brokerSettings(plan))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Arguments of `java` before the main class. C1 and the serial collector start fastest and take least memory. */
export const javaArguments = (libs: string, heap: string): string[] => [
  '-Xms256m',
  `-Xmx${heap}`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
  // Native codecs are unpacked here: /tmp may be mounted noexec, and a killed broker leaves them behind.
  '-Djava.io.tmpdir=tmp',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
  '-cp',
  `${libs}/*`,
];
