import { TOPICS, qualify, unqualify } from '#contracts';
import type { EventLog } from '#eventlog';
import { Refused } from '#kernel';

/** The full name of the topic that is meant: one below the namespace, with or without it, or a stream, which means its observations. */
export const findTopic = async (
  log: Pick<EventLog, 'listTopics'>,
  namespace: string,
  name: string,
): Promise<string> => {
  const topics = await log.listTopics(`${namespace}.`);
  const meant = [name, qualify(namespace, name), qualify(namespace, TOPICS.observations(name))].find(
    (topic) => topics.includes(topic),
  );
  if (meant !== undefined) return meant;
  const alike = topics
    .map((topic) => unqualify(namespace, topic))
    .filter((topic) => topic.includes(unqualify(namespace, name)));
  const hint =
    alike.length > 0 ? `did you mean ${alike.join(', ')}?` : '`./playhead status` lists those there are';
  throw new Refused('PLAYHEAD_NOT_FOUND', `there is no topic or stream ${name}; ${hint}`);
};
