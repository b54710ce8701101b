/** What a CNI plug-in answers to ADD (CNI specification, "ADD Success"), and what the next one of the chain gets. */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces: CniInterface[];
  readonly ips: CniAddress[];
  readonly routes?: CniRoute[];
  readonly dns: Readonly<Record<string, never>>;
}

export interface CniInterface {
  readonly name: string;
  mac: string;
  /** Path of the namespace; absent for what stays on the host. */
  readonly sandbox?: string;
}

export interface CniAddress {
  /** Before version 1.0.0 of the specification. */
  readonly version?: '4' | '6';
  /** Index into `interfaces`. */
  readonly interface?: number;
  /** Address and prefix length: `10.244.1.2/24`. */
  readonly address: string;
  gateway?: string;
}

export interface CniRoute {
  readonly dst: string;
  readonly gw?: string;
}

/** A plug-in's answer: its result, or the text of its error (`msg` of what it prints). */
export type CniOutcome =
  | { readonly ok: true; readonly result: CniResult }
  | { readonly ok: false; readonly message: string };

export const failed = (message: string) => ({ ok: false, message }) as const;
