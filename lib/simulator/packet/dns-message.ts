/** DNS names are absolute and end with a dot; comparison ignores case, the asked spelling is kept (RFC 4343). */
export type RecordType =
  'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'SOA' | 'NS' | 'TXT' | 'MX' | 'HINFO' | 'ANY';

export type ResponseCode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

/** `data` is in presentation format (RFC 1035 5.1): an address, a name, `0 100 80 target.`. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly data: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly question: DnsQuestion;
  readonly responseCode: ResponseCode;
  readonly isAuthoritative: boolean;
  readonly isTruncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** The OPT record of EDNS (RFC 6891): how many bytes its sender takes over UDP. Not counted among `additional`. */
  readonly edns?: { readonly bufferSize: number };
}
