import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Refused } from '#kernel';

/** Doors that name a query parameter take one text of it: `?a=1&a=2` would give them a list. */
export class SaidOnce implements PipeTransform {
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    if (type === 'query' && data !== undefined && Array.isArray(value))
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `${data} is said ${value.length} times`);
    return value;
  }
}
