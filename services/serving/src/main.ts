import { runService } from '#runtime';
import { HTTP_DOOR_DESCRIPTION, HttpDoor } from './oip/http';
import { servingConfig } from './serving.config';
import { ServingModule } from './serving.module';

void runService({
  config: servingConfig,
  module: ServingModule,
  environment: process.env,
  frontDoor: (app) => app.get(HttpDoor).handle,
  frontDoorDescription: HTTP_DOOR_DESCRIPTION,
});
