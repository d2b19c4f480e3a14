export { HttpDoor, type HttpDoorOptions } from './http-door';
export { HTTP_DOOR_DESCRIPTION } from './openapi';
