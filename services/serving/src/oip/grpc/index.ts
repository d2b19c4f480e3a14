export { GrpcDoor, type GrpcDoorOptions } from './grpc-door';
export { inferenceMethods } from './inference-service';
