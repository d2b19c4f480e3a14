export * from './on-requests';
