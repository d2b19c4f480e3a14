export * from './door-tracer';
export * from './open-tracing';
export * from './request-tracer';
export * from './sampling';
export * from './spans';
export * from './trace-context';
export * from './tracing';
export * from './tracing-config';
