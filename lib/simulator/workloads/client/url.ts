/** An http or https URL, taken apart. */
export interface HttpUrl {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Whether the port was written. */
  readonly hasPort: boolean;
  /** Path and query, at least `/`. */
  readonly target: string;
}

export type UrlResult =
  | { readonly ok: true; readonly url: HttpUrl }
  | { readonly ok: false; readonly problem: 'protocol'; readonly scheme: string }
  | { readonly ok: false; readonly problem: 'port' | 'host' | 'malformed' };

/** Reads a URL; the scheme may be left out (http). A fragment is dropped, `user@` too. */
export function parseUrl(text: string): UrlResult {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^#]*)/.exec(text);
  const [, scheme = 'http', authority = '', rest = ''] = match ?? [];
  const lower = scheme.toLowerCase();
  if (lower !== 'http' && lower !== 'https') return { ok: false, problem: 'protocol', scheme };
  if (/\s/.test(text)) return { ok: false, problem: 'malformed' };
  const place = authority.slice(authority.lastIndexOf('@') + 1);
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::(.*))?$/.exec(place);
  if (!parts) return { ok: false, problem: 'malformed' };
  const [, host = '', portText] = parts;
  if (host === '') return { ok: false, problem: 'host' };
  const hasPort = portText !== undefined && portText !== '';
  const port = hasPort ? Number(portText) : lower === 'http' ? 80 : 443;
  if (hasPort && (!/^\d+$/.test(portText) || port > 65_535)) return { ok: false, problem: 'port' };
  const target = rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest;
  const bare = host.replace(/^\[|\]$/g, '');
  return { ok: true, url: { scheme: lower, host: bare, port, hasPort, target } };
}

/** Where a Location header leads, seen from `base`. */
export function resolveLocation(location: string, base: HttpUrl): string {
  if (/^[a-z]+:\/\//i.test(location)) return location;
  const root = `${base.scheme}://${hostHeader(base)}`;
  if (location.startsWith('/')) return `${root}${location}`;
  const folder = (base.target.split('?')[0] ?? '/').replace(/[^/]*$/, '');
  return `${root}${folder}${location}`;
}

/** The Host header: the port only when it is not the scheme's. */
export function hostHeader({ scheme, host, port }: HttpUrl): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (scheme === 'http' ? 80 : 443) ? name : `${name}:${port}`;
}
