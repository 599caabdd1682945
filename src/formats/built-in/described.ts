import { type BuiltIn, customFormat } from '../custom.ts';
import { type CustomFormatInput, customFormatSchema } from '../custom-spec.ts';
import type { Format } from '../format.ts';

/** A format that comes with Wayward, written in the language that users have for theirs. */
export const described = (spec: CustomFormatInput, builtIn: BuiltIn): Format =>
  customFormat(customFormatSchema.parse(spec), builtIn);

/** What most HTTP statuses say (RFC 9110, 15). */
export const HTTP_STATUS = { rejected: [401, 407], denied: [403], error: ['4xx', '5xx'] };
