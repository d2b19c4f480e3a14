export { externalEndpoints } from './external';
export type { Endpoints, Environment, KafkaEndpoint, ObjectStore, PostgresEndpoint } from './external';
export type { PortName, Ports } from './ports';
export type { Part } from './state';
export { killPart, readLocalStack, restartPart, startLocalStack, stopLocalStack } from './stack';
export type { ChangeOptions, LocalStack, StackProcesses, StartOptions } from './stack';
export { kafkaJars } from './kafka/jars';
export {
  endProcess,
  identityOf,
  isRunning,
  signalProcess,
  startProcess,
  type ProcessIdentity,
} from './processes';
export { becomesFreePort, isFreePort } from './ports';
export { cachedFolder, type CachedFolder } from './cached-folder';
export { cacheFolder, findProgram, run, sayingSo } from './commands';
export { pythonWith } from './python';
export { debianProgram } from './debian';
