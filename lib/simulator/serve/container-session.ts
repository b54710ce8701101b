/** What runs in a container for somebody who is connected to it: `exec` or `attach`. Polled as time passes. */
export interface ContainerSession {
  /** Text that the client typed or piped. */
  write(text: string): void;
  /** The client will send no more. */
  end(): void;
  /** The client has gone. */
  hangUp(): void;
  poll(): SessionProgress;
}

export interface SessionProgress {
  readonly stdout: string;
  readonly stderr: string;
  readonly ending?: SessionEnding;
}

/** How it ended: the command's code, or the words of a container runtime that could not run it. */
export type SessionEnding =
  | { readonly type: 'exited'; readonly exitCode: number }
  | { readonly type: 'failed'; readonly message: string };
