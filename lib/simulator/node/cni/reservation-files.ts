import type { AddressReservations } from './host-local.ts';

/** Where host-local keeps one file for each address it gave, by name of the network. */
const directoryOf = (network: string) => `/var/lib/cni/networks/${network}/`;
const LAST = 'last_reserved_ip.0';
/** The plug-in ends the container id with this, then writes the interface. */
const LINE_BREAK = '\r\n';

/** Reads the reservations from a machine's files. Source: host-local backend/disk/backend.go. */
export function readReservations(
  files: Readonly<Record<string, string>>,
  network: string,
): AddressReservations {
  const directory = directoryOf(network);
  const reserved: Record<string, string> = {};
  for (const [path, content] of Object.entries(files)) {
    if (!path.startsWith(directory) || path.endsWith(LAST)) continue;
    reserved[path.slice(directory.length)] = content.replace(LINE_BREAK, ' ');
  }
  const lastReserved = files[directory + LAST];
  return { reserved, ...(lastReserved === undefined ? {} : { lastReserved }) };
}

/** Makes the files say what `reservations` says. */
export function writeReservations(
  files: Record<string, string>,
  network: string,
  { reserved, lastReserved }: AddressReservations,
): void {
  const directory = directoryOf(network);
  for (const path of Object.keys(files)) {
    if (path.startsWith(directory) && !Object.hasOwn(reserved, path.slice(directory.length))) {
      if (!path.endsWith(LAST)) delete files[path];
    }
  }
  for (const [address, owner] of Object.entries(reserved)) {
    files[directory + address] = owner.replace(' ', LINE_BREAK);
  }
  if (lastReserved !== undefined) files[directory + LAST] = lastReserved;
}
