export { AnsweredRequests, type AnsweredRequestsOptions } from './answered-requests';
export { REQUEST_VARIABLES, compileRequestConfig, type RequestConfig } from './request-config';
export { REQUEST_LOG_METRICS } from './request-meter';
export { decisionsOf } from './request-record';
