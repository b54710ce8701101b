import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What a server needs for TLS, and what its clients need to believe it. All PEM. */
export interface ServerCertificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const DAY = 86_400_000;
const VALID_DAYS = 365;
/** Clocks differ: valid from a little before. */
const EARLIER = 3_600_000;

/** One element of DER: tag, length, content (X.690). */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

const sequence = (...contents: readonly Buffer[]) => der(0x30, ...contents);
const integer = (bytes: Buffer) => der(0x02, bytes);
const octets = (content: Buffer) => der(0x04, content);
const bits = (content: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), content);
const TRUE = der(0x01, Buffer.from([0xff]));

/** An object identifier whose arcs behind the second are below 2^14. */
function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (arc: number): number[] =>
    arc < 0x80 ? [arc] : [...base128(arc >> 7).map((byte) => byte | 0x80), arc & 0x7f];
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

const nameOf = (commonName: string) =>
  sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))));

/** UTCTime, good until 2049. */
const timeOf = (time: number) =>
  der(0x17, Buffer.from(`${new Date(time).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

const extension = (id: string, importance: 'critical' | 'plain', value: Buffer) =>
  sequence(oid(id), ...(importance === 'critical' ? [TRUE] : []), octets(value));

const AUTHORITY_EXTENSIONS = [
  extension('2.5.29.19', 'critical', sequence(TRUE)),
  // keyCertSign and cRLSign.
  extension('2.5.29.15', 'critical', bits(Buffer.from([0x06]), 1)),
];

const serverExtensions = () => [
  extension('2.5.29.19', 'critical', sequence()),
  // digitalSignature; serverAuth.
  extension('2.5.29.15', 'critical', bits(Buffer.from([0x80]), 7)),
  extension('2.5.29.37', 'plain', sequence(oid('1.3.6.1.5.5.7.3.1'))),
  extension(
    '2.5.29.17',
    'plain',
    sequence(
      ...['localhost', 'kubernetes', 'kubernetes.default'].map((name) =>
        der(0x82, Buffer.from(name)),
      ),
      der(0x87, Buffer.from([127, 0, 0, 1])),
      der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
    ),
  ),
];

function certify(options: {
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
}): string {
  const now = Date.now();
  const serial = randomBytes(16);
  // Positive, and with no needless zero in front (X.690 8.3.2).
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(options.issuer),
    sequence(timeOf(now - EARLIER), timeOf(now + VALID_DAYS * DAY)),
    nameOf(options.subject),
    options.subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...options.extensions)),
  );
  const signature = sign('sha256', body, options.issuerKey);
  const text = sequence(body, ECDSA_WITH_SHA256, bits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

/**
 * An authority of its own and a certificate for 127.0.0.1 and localhost that it signed (X.509 v3, RFC 5280; ECDSA on
 * P-256). Made anew at each start; the authority's key is thrown away, so nothing else can be signed with it. Node signs
 * but makes no certificates, and the libraries that do bring a dozen packages: these are the few elements of DER it takes.
 */
export function createServerCertificate(): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { issuer: 'kubernetes', issuerKey: authority.privateKey };
  return {
    authority: certify({
      ...issuer,
      subject: 'kubernetes',
      subjectKey: authority.publicKey,
      extensions: AUTHORITY_EXTENSIONS,
    }),
    certificate: certify({
      ...issuer,
      subject: 'kube-apiserver',
      subjectKey: server.publicKey,
      extensions: serverExtensions(),
    }),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
