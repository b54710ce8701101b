import type { AddressReservations, HeldAddresses } from './host-local.ts';

/** Where host-local keeps its files unless `dataDir` says otherwise. */
const DATA_DIRECTORY = '/var/lib/cni/networks';
const LAST = 'last_reserved_ip.';
/** The plug-in ends the container id with this, then writes the interface. */
const LINE_BREAK = '\r\n';

/** The directory of one network: a file for each address that was given, and the last one of each range set. */
export const reservationDirectory = (network: string, dataDirectory = DATA_DIRECTORY) =>
  `${dataDirectory || DATA_DIRECTORY}/${network}/`;

/** Reads the reservations of range set number `set` from a machine's files. Source: host-local backend/disk/backend.go. */
export function readReservations(
  files: Readonly<Record<string, string>>,
  directory: string,
  set = 0,
): AddressReservations {
  const reserved: Record<string, string> = {};
  const last = directory + LAST;
  for (const path of Object.keys(files)) {
    if (!path.startsWith(directory) || path.startsWith(last)) continue;
    reserved[path.slice(directory.length)] = (files[path] ?? '').replace(LINE_BREAK, ' ');
  }
  const lastReserved = files[`${directory}${LAST}${set}`];
  return { reserved, ...(lastReserved === undefined ? {} : { lastReserved }) };
}

/** What the files say, asked one by one: a node with many pods has many files. `set`: number of the range set. */
export function heldInFiles(
  files: Readonly<Record<string, string>>,
  directory: string,
  set: number,
): HeldAddresses {
  const last = directory + LAST;
  return {
    lastReserved: files[`${last}${set}`],
    isHeld: (address) => Object.hasOwn(files, directory + address),
    heldBy(owner) {
      const content = owner.replace(' ', LINE_BREAK);
      return Object.keys(files)
        .filter((path) => files[path] === content && path.startsWith(directory))
        .filter((path) => !path.startsWith(last))
        .map((path) => path.slice(directory.length));
    },
  };
}

/** The file of one address that was given, and that it was the last of its range set. */
export function writeReservation(
  files: Record<string, string>,
  directory: string,
  { address, owner }: { readonly address: string; readonly owner: string },
  set: number,
): void {
  files[directory + address] = owner.replace(' ', LINE_BREAK);
  files[`${directory}${LAST}${set}`] = address;
}

/** Makes the files say what `reservations` says. */
export function writeReservations(
  files: Record<string, string>,
  directory: string,
  { reserved, lastReserved }: AddressReservations,
  set = 0,
): void {
  for (const path of Object.keys(files)) {
    if (!path.startsWith(directory) || path.startsWith(directory + LAST)) continue;
    if (!Object.hasOwn(reserved, path.slice(directory.length))) delete files[path];
  }
  for (const [address, owner] of Object.entries(reserved)) {
    files[directory + address] = owner.replace(' ', LINE_BREAK);
  }
  if (lastReserved !== undefined) files[`${directory}${LAST}${set}`] = lastReserved;
}
