import type { Command } from './inputs';
import type { Outcome, OutcomeOf } from './outcomes';
import { applied } from './references';
import { missingVersion, refuse } from './refusals';
import { noteOf, type Note, type RegistryState } from './state';

/** A model or a version has at most so many tags. */
export const MOST_TAGS = 200;

type NoteCommand = Extract<Command, { type: 'note' }>;
type NoteFact = OutcomeOf<'model-noted'>['fact'];

/** Sets tags and the description; what is as it was changes nothing. */
export const annotate = (state: RegistryState, command: NoteCommand): Outcome[] => {
  const { model, version, actor, tags = {}, description } = command.value;
  if (version === undefined && !applied(state, 'Model', model))
    return refuse(command, 'PLAYHEAD_NOT_FOUND', `there is no model ${model}`);
  if (version !== undefined && !state.versions.has(`${model}@${version}`))
    return refuse(command, 'PLAYHEAD_NOT_FOUND', missingVersion(state, model, version));
  const before = noteOf(state, model, version);
  const changed = Object.entries(tags).filter(([name, value]) => (before.tags[name] ?? null) !== value);
  const described = description !== undefined && description !== before.description;
  if (changed.length === 0 && !described) return [];
  const fact: NoteFact = {
    model,
    ...(version === undefined ? {} : { version }),
    ...(changed.length === 0 ? {} : { tags: Object.fromEntries(changed) }),
    ...(described ? { description } : {}),
    noted_by: actor,
  };
  const count = Object.keys(noteAfter(before, fact).tags).length;
  if (count > MOST_TAGS)
    return refuse(
      command,
      'PLAYHEAD_REQUEST_INVALID',
      `${model}${version === undefined ? '' : `@${version}`} would have ${count} tags; at most ${MOST_TAGS} fit`,
    );
  return [{ type: 'model-noted', fact }];
};

export const noteAfter = (
  before: Note,
  { tags = {}, description }: Pick<NoteFact, 'tags' | 'description'>,
): Note => ({
  tags: Object.fromEntries(
    Object.entries({ ...before.tags, ...tags })
      .filter((entry): entry is [string, string] => entry[1] !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  description: description === undefined ? before.description : description,
});
