import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createServerCertificate } from './certificate.ts';

test('an authority signs a certificate for this machine alone', () => {
  const { authority, certificate } = createServerCertificate();
  const issuer = new X509Certificate(authority);
  const server = new X509Certificate(certificate);
  expect(issuer.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkIssued(issuer)).toBe(true);
  expect(server.verify(issuer.publicKey)).toBe(true);
  expect(server.checkHost('localhost')).toBe('localhost');
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.checkHost('example.com')).toBeUndefined();
  const other = new X509Certificate(createServerCertificate().authority);
  expect(server.verify(other.publicKey)).toBe(false);
});
