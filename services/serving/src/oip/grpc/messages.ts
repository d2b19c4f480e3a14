import { join } from 'node:path';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

const PROTO = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

/** Methods of a service whose definition stands beside this file, by name. */
const serviceOf = (file: string, name: string): ServiceDefinition =>
  loadSync(join(__dirname, file), PROTO)[name] as ServiceDefinition;

export const loadInferenceService = (): ServiceDefinition =>
  serviceOf('grpc_service.proto', 'inference.GRPCInferenceService');

export const loadHealthService = (): ServiceDefinition => serviceOf('health.proto', 'grpc.health.v1.Health');
