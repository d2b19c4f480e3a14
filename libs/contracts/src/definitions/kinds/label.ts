import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { CLOSED, DefinitionName, Duration, Identifier } from './words';

/** What a user writes below `spec` of a Label. */
export const LabelOptions = Type.Object(
  {
    stream: DefinitionName('the stream of label events; the latest assertion by position wins'),
    on: Identifier('its field that holds the id of the labelled event'),
    value: Identifier('its field that holds the label'),
    maturity: Type.Optional(Duration('how long after the event its label is taken as known', '0s')),
  },
  CLOSED,
);
export type LabelOptions = Static<typeof LabelOptions>;

/** A label with defaults applied. */
export interface LabelSpec {
  readonly stream: string;
  readonly on: string;
  readonly value: string;
  readonly maturity: string;
}

export const labelSpec = ({ stream, on, value, maturity = '0s' }: LabelOptions): LabelSpec => ({
  stream,
  on,
  value,
  maturity: durationText(maturity),
});
