import { expect, test } from 'vitest';
import { masqueradeChain } from './ip-masquerade.ts';
import { readReservations, reservationDirectory, writeReservations } from './reservation-files.ts';

test('a chain is named by the beginning of sha512, as sha512sum computes it', () => {
  expect(masqueradeChain('cbr0', 'abc')).toBe('CNI-64e75f641d11615844d681b7');
});

test('reservations are files that read back as they were', () => {
  const directory = reservationDirectory('cbr0');
  const files: Record<string, string> = { '/etc/hosts': '' };
  const reservations = {
    reserved: { '10.244.0.2': 'abc eth0', '10.244.0.3': 'def eth0' },
    lastReserved: '10.244.0.3',
  };
  writeReservations(files, directory, reservations);
  expect(files['/var/lib/cni/networks/cbr0/10.244.0.2']).toBe('abc\r\neth0');
  expect(readReservations(files, directory)).toEqual(reservations);
  writeReservations(files, directory, { reserved: {}, lastReserved: '10.244.0.3' });
  expect(Object.keys(files)).toEqual([
    '/etc/hosts',
    '/var/lib/cni/networks/cbr0/last_reserved_ip.0',
  ]);
});
