/** What tcpdump remembers of a connection: the first numbers of the end that sorts first, and of the other. */
export interface TcpView {
  readonly first: number;
  readonly second: number;
}

/** How lines are printed, and what earlier packets have taught. */
export interface PrintContext {
  /** How many -v. */
  readonly verbosity: number;
  readonly quiet: boolean;
  readonly showLink: boolean;
  /** -S: sequence numbers as they are. */
  readonly absoluteSequence: boolean;
  hostName(address: string): string;
  portName(port: number, transport: 'tcp' | 'udp'): string;
  /** Connections seen so far, by their ends; changed in place. */
  readonly connections: Record<string, TcpView>;
}
