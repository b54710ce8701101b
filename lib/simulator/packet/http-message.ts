/** Header names are kept as sent; compare them ignoring case. */
export type HttpHeaders = readonly (readonly [name: string, value: string])[];

export interface HttpRequest {
  readonly method: string;
  /** Path with the query: `/cart?id=1`. */
  readonly target: string;
  readonly version: '1.0' | '1.1' | '2';
  readonly headers: HttpHeaders;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly version: '1.0' | '1.1' | '2';
  readonly headers: HttpHeaders;
  readonly body: string;
}

/** First value of a header, names compared without case. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
}
