import { printable } from './text';

/** What `/v1/stories/{deployment}` answers with, as far as it is shown. */
export interface Stories {
  readonly deployment: string;
  /** The newest first. */
  readonly stories: readonly Story[];
}

export interface Story {
  readonly id: string;
  readonly model: string;
  readonly trigger: string;
  readonly run: string | null;
  readonly version: number | null;
  readonly verdict: string;
  readonly why: string;
  readonly seconds: { readonly fromFirstEvent: number | null; readonly fromAlert: number | null };
  readonly steps: readonly {
    readonly time: string;
    readonly eventTime: string | null;
    readonly position: string;
    readonly message: string;
    readonly seconds: number;
  }[];
}

/** The newest story last, where a terminal is read. */
export const storyText = ({ deployment, stories }: Stories): string =>
  stories.length === 0
    ? `no run was asked for, and no trigger was suppressed, for the model of ${deployment}`
    : [...stories].reverse().map(oneStory).join('\n\n');

const oneStory = (story: Story): string => {
  const { model, trigger, run, version, verdict, why, steps } = story;
  const subject = version === null ? (run ?? model) : `${model}@${version}`;
  return [
    `${subject}, by ${trigger}: ${verdict}`,
    ...steps.map(
      ({ time, seconds, message, position, eventTime }) =>
        `  ${time}  ${`+${seconds.toFixed(1)} s`.padStart(11)}  ${printable(message)}${eventTime === null ? '' : ` [event time ${eventTime}]`}  (${position})`,
    ),
    `  ${verdict}: ${printable(why)}`,
    ...secondsText(story),
  ].join('\n');
};

const secondsText = ({ version, seconds: { fromFirstEvent, fromAlert } }: Story): string[] => {
  if (fromFirstEvent !== null)
    return [`  from the first drifted event to the new champion serving: ${fromFirstEvent.toFixed(1)} s`];
  return fromAlert === null
    ? []
    : [`  from the alert to version ${version} serving: ${fromAlert.toFixed(1)} s`];
};
