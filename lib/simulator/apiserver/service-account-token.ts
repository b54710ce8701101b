import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from '../base/base64.ts';
import { SECOND, type Micros } from '../base/clock.ts';
import type { Store } from './store.ts';
import { accountGroups, accountUsername } from './request-user.ts';
import type { RequestUser } from './rest-types.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** What a token is bound to: it ends with the object. */
export interface BoundObject {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

interface Named {
  readonly name: string;
  readonly uid: string;
}

interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly pod?: Named;
    readonly secret?: Named;
    readonly serviceaccount: Named;
  };
  readonly nbf: number;
  readonly sub: string;
}

const toUrl = (base64: string) =>
  base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const encode = (value: unknown) => toUrl(encodeBase64(JSON.stringify(value)));

/**
 * The signature of this cluster's tokens.
 * Simplified: the key is made from the uid of kube-system, so that the cluster's state holds no secret; HS256, not RS256.
 */
function sign(text: string, store: Store): string {
  const key = store.get('Namespace', undefined, 'kube-system')?.metadata.uid ?? '';
  return bytesToHex(hmac(sha256, utf8ToBytes(key), utf8ToBytes(text)));
}

/** An id made of what the token says, in the form of a UUID. */
function idOf(text: string): string {
  const hex = bytesToHex(sha256(utf8ToBytes(text)));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const HEADER = { alg: 'HS256', kid: 'hopwise' };

export interface TokenWanted {
  readonly namespace: string;
  readonly account: Named;
  readonly audiences?: readonly string[];
  readonly expirationSeconds: number;
  readonly bound?: BoundObject | undefined;
}

/** The audience of tokens that ask for none. */
export const API_AUDIENCES: readonly string[] = [ISSUER];

/** A token of a service account, as TokenRequest gives it: a JWT with the claims of a real one. */
export function issueToken(wanted: TokenWanted, store: Store, now: Micros): string {
  const { namespace, account, audiences = API_AUDIENCES, expirationSeconds, bound } = wanted;
  const iat = Math.floor(now / SECOND);
  const held = bound?.kind?.toLowerCase();
  const claims: Omit<Claims, 'jti'> = {
    aud: audiences,
    exp: iat + expirationSeconds,
    iat,
    iss: ISSUER,
    'kubernetes.io': {
      namespace,
      ...(held === 'pod' || held === 'secret'
        ? { [held]: { name: bound?.name ?? '', uid: bound?.uid ?? '' } }
        : {}),
      serviceaccount: account,
    },
    nbf: iat,
    sub: accountUsername(namespace, account.name),
  };
  const jti = idOf(JSON.stringify(claims));
  const text = `${encode(HEADER)}.${encode({ ...claims, jti })}`;
  return `${text}.${toUrl(encodeBase64(sign(text, store)))}`;
}

function readClaims(payload: string): Claims | undefined {
  const text = decodeBase64(payload.replaceAll('-', '+').replaceAll('_', '/'));
  try {
    return JSON.parse(text) as Claims;
  } catch {
    return undefined;
  }
}

/** Whom a token stands for; undefined when it is not ours, has ended, or what it belongs to has gone. */
export function readToken(token: string, store: Store, now: Micros): RequestUser | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.');
  if (toUrl(encodeBase64(sign(`${header}.${payload}`, store))) !== signature) return undefined;
  const claims = readClaims(payload);
  if (!claims || claims.exp * SECOND <= now || claims.aud.every((aud) => aud !== ISSUER)) {
    return undefined;
  }
  const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io'];
  const isThere = (kind: string, { name, uid }: Named) =>
    store.get(kind, namespace, name)?.metadata.uid === uid;
  if (!isThere('ServiceAccount', serviceaccount)) return undefined;
  if (pod && !isThere('Pod', pod)) return undefined;
  if (secret && !isThere('Secret', secret)) return undefined;
  return {
    name: accountUsername(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: [...accountGroups(namespace), 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...(pod
        ? {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          }
        : {}),
    },
  };
}
