import type { ApiResult } from '../api/meta/object.ts';
import { mediaTypeOf, readSentDocument, UNREADABLE } from './read-body.ts';
import type { RestRequest } from './rest-types.ts';
import { accepted, badRequest, refused } from './status.ts';

/** The body of a request about a subresource that is no kind of its own, in whatever encoding it came. */
export function readSent(request: RestRequest): ApiResult<unknown> {
  const media = mediaTypeOf(request);
  if (!media) return refused(UNREADABLE);
  const read = readSentDocument(request.body ?? '', media);
  if (!read.ok) return read;
  const { value, message } = read.value;
  return message === undefined ? accepted(value) : refused(badRequest(message));
}
