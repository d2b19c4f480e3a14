export type { Wanted } from './adapt-model';
export { askInChild, askModel, type Answers, type AskModel } from './answers-in-child';
export { checkInChild, type CheckedModel, type CheckForeign, type CheckOptions } from './check-in-child';
export { checkHere } from './check-here';
export { checkModel, type CheckRequest, type ModelCheck } from './check-model';
export { folderSize } from './folder-size';
export { MAX_MODEL_BYTES } from './inspect-model';
export { runLimited, type Ended, type Ending, type LimitedProcess, type Limits } from './limited-process';
export { ALLOWED_OPERATORS, ALLOWED_OPSETS } from './operators';
